/** Accounts of administrators and viewers, publishable keys, and the audit log. */

export { AccountService } from './account.service.js';
export { AuditService } from './audit.service.js';
export { PublishableKeyService } from './publishable-key.service.js';
