/**
 * Context of every resolver.
 */

import type { AuditActor, EventBus, TokenRole, Tracer, Viewer } from '../domain/index.js';
import type { Loaders } from '../loaders/index.js';
import type { Services } from '../services/index.js';

/** Issues a token for a demo user; `app` holds the key. */
type SignDemoToken = (userId: string) => Promise<{ token: string; expiresAt: number }>;

/** Signs a token; throws InvalidInputError for a lifetime beyond the maximum. */
type SignToken = (request: {
  readonly role: TokenRole;
  readonly userId: string | null;
  readonly ttlSeconds: number;
}) => Promise<{ token: string; tokenId: string; issuedAt: number; expiresAt: number }>;

export interface ApiContext {
  readonly viewer: Viewer;
  /** Who acts, for the audit log. */
  readonly actor: AuditActor;
  readonly services: Services;
  readonly bus: Pick<EventBus, 'subscribe'>;
  readonly loaders: Loaders;
  readonly tracer: Tracer;
  readonly signDemoToken: SignDemoToken;
  readonly signToken: SignToken;
  /** Records a push, in milliseconds from its cause. */
  readonly recordPush: (latencyMs: number) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
