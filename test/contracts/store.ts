/** Every suite there is, for one implementation of the store. */

import {
  describeAccountRepository,
  describeAuditRepository,
  describeInvitationRepository,
  describeSessionRepository,
} from './accounts.js';
import { describeAlertRepository, describeDriftRepository } from './alerts.js';
import { describeItemRepository, describeUserRepository } from './catalogue.js';
import {
  describeDatasetRepository,
  describeImportHistoryRepository,
  describeItemFiguresRepository,
  describeMetricRepository,
  describeNoticeRepository,
  describePersonaHistoryRepository,
  describeRunRepository,
  describeShownListRepository,
  describeTokenRepositories,
  describeWebhookRepository,
} from './ledgers.js';
import {
  describeActivityRepository,
  describeFeedbackRepository,
  describeProfileRepository,
} from './record.js';
import type { MakeStore } from './samples.js';
import { describeLeaseRepository, describeModelRepository } from './versions.js';

/** `makeStore` gives an empty store each time. */
export function describeStore(name: string, makeStore: MakeStore): void {
  const suites = [
    ...[describeItemRepository, describeUserRepository],
    ...[describeActivityRepository, describeProfileRepository, describeFeedbackRepository],
    ...[describeModelRepository, describeLeaseRepository],
    ...[describePersonaHistoryRepository, describeMetricRepository],
    ...[describeShownListRepository, describeRunRepository, describeDatasetRepository],
    ...[describeAlertRepository, describeDriftRepository, describeNoticeRepository],
    ...[describeTokenRepositories, describeImportHistoryRepository, describeItemFiguresRepository],
    ...[describeAccountRepository, describeSessionRepository, describeInvitationRepository],
    ...[describeAuditRepository, describeWebhookRepository],
  ];
  for (const suite of suites) suite(name, makeStore);
}
