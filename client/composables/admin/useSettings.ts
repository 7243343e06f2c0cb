/** Accounts, tokens, publishable keys, webhooks, the audit log and the settings in force. */

import { useApolloClient } from '@vue/apollo-composable';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { computed, readonly, ref, type ComputedRef, type Ref } from 'vue';

import {
  AccountsDocument,
  AuditLogDocument,
  ChangeAlertThresholdsDocument,
  ChangeAccountRoleDocument,
  CreateAccountDocument,
  CreatePublishableKeyDocument,
  CreateTokenDocument,
  CreateWebhookDocument,
  DeleteAccountDocument,
  DeleteWebhookDocument,
  PublishableKeysDocument,
  ResetPasswordDocument,
  RevokePublishableKeyDocument,
  RevokeTokenDocument,
  SettingsInForceDocument,
  TestWebhookDocument,
  TokensDocument,
  WebhooksDocument,
  type AccountRowFragment,
  type AuditLogQuery,
  type PublishableKeysQuery,
  type SettingsInForceQuery,
  type TokensQuery,
  type WebhooksQuery,
} from '../../generated/graphql.js';
import { failureOf, useLiveQuery, type Failure, type LiveQuery, type RequestErrorLike } from '../index.js';

export type WebhookEvent = 'ALERT_RAISED' | 'TRAINING_FINISHED' | 'MODEL_ACTIVATED';
export type StaffRole = 'ADMIN' | 'VIEWER';
export type AccountRow = AccountRowFragment;
export type TokenRow = TokensQuery['tokens'][number];
export type PublishableKeyRow = PublishableKeysQuery['publishableKeys'][number];
export type WebhookRow = WebhooksQuery['webhooks'][number];
export type AuditRow = AuditLogQuery['auditLog']['nodes'][number];
export type SettingsInForce = SettingsInForceQuery['settings'];

type State = Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'>;

/** Reason of a refused change: a code of the server's rules, or a failure. */
export type ChangeRefusal = { readonly code: string } | { readonly failure: Failure };

export interface Changes {
  readonly isBusy: Readonly<Ref<boolean>>;
  readonly refusal: Readonly<Ref<ChangeRefusal | null>>;
  /** Sends a change and calls `onDone` of the page. Resolves with null if it was refused. */
  send<TData, TVariables extends object>(
    mutation: TypedDocumentNode<TData, TVariables>,
    variables: TVariables,
  ): Promise<TData | null>;
}

/** Changes of a section of the page; `onDone` reads the affected data again. */
export function useChanges(onDone: () => void): Changes {
  const { client } = useApolloClient();
  const isBusy = ref(false);
  const refusal = ref<ChangeRefusal | null>(null);
  return {
    isBusy: readonly(isBusy),
    refusal: readonly(refusal) as Readonly<Ref<ChangeRefusal | null>>,
    async send(mutation, variables) {
      isBusy.value = true;
      refusal.value = null;
      try {
        const { data } = await client.mutate({ mutation, variables, fetchPolicy: 'no-cache' });
        const refused = Object.values(data ?? {}).find(isRefused);
        if (refused !== undefined) refusal.value = { code: refused.code };
        onDone();
        return refusal.value === null ? (data ?? null) : null;
      } catch (error) {
        refusal.value = { failure: failureOf(error as RequestErrorLike) };
        return null;
      } finally {
        isBusy.value = false;
      }
    },
  };
}

export function useAccounts(): State & { readonly accounts: ComputedRef<readonly AccountRow[]> } {
  const query = useLiveQuery(AccountsDocument, {}, { fetchPolicy: 'no-cache' });
  return { ...stateOf(query), accounts: computed(() => query.data.value?.accounts ?? []) };
}

export function useTokens(): State & { readonly tokens: ComputedRef<readonly TokenRow[]> } {
  const query = useLiveQuery(TokensDocument, {}, { fetchPolicy: 'no-cache' });
  return { ...stateOf(query), tokens: computed(() => query.data.value?.tokens ?? []) };
}

export function usePublishableKeys(): State & {
  readonly keys: ComputedRef<readonly PublishableKeyRow[]>;
} {
  const query = useLiveQuery(PublishableKeysDocument, {}, { fetchPolicy: 'no-cache' });
  return { ...stateOf(query), keys: computed(() => query.data.value?.publishableKeys ?? []) };
}

export function useWebhooks(): State & { readonly webhooks: ComputedRef<readonly WebhookRow[]> } {
  const query = useLiveQuery(WebhooksDocument, {}, { fetchPolicy: 'no-cache' });
  return { ...stateOf(query), webhooks: computed(() => query.data.value?.webhooks ?? []) };
}

export function useSettingsInForce(): State & { readonly settings: ComputedRef<SettingsInForce | null> } {
  const query = useLiveQuery(SettingsInForceDocument, {}, { fetchPolicy: 'no-cache' });
  return { ...stateOf(query), settings: computed(() => query.data.value?.settings ?? null) };
}

const AUDIT_PAGE_LENGTH = 20;

export interface AuditPages extends State {
  readonly entries: ComputedRef<readonly AuditRow[]>;
  readonly hasNext: ComputedRef<boolean>;
  readonly hasPrevious: ComputedRef<boolean>;
  next(): void;
  previous(): void;
}

/** Pages of the audit log, newest first. */
export function useAuditLog(): AuditPages {
  /** Cursors of the previous pages. */
  const trail = ref<string[]>([]);
  const query = useLiveQuery(
    AuditLogDocument,
    () => ({ first: AUDIT_PAGE_LENGTH, after: trail.value.at(-1) ?? null }),
    { fetchPolicy: 'no-cache' },
  );
  const page = computed(() => query.data.value?.auditLog);
  return {
    ...stateOf(query),
    entries: computed(() => page.value?.nodes ?? []),
    hasNext: computed(() => page.value?.pageInfo.hasNextPage ?? false),
    hasPrevious: computed(() => trail.value.length > 0),
    next() {
      const cursor = page.value?.pageInfo.endCursor;
      if (cursor != null) trail.value = [...trail.value, cursor];
    },
    previous() {
      trail.value = trail.value.slice(0, -1);
    },
  };
}

export const accountChanges = {
  create: CreateAccountDocument,
  reset: ResetPasswordDocument,
  changeRole: ChangeAccountRoleDocument,
  delete: DeleteAccountDocument,
};
export const thresholdChanges = { change: ChangeAlertThresholdsDocument };
export const tokenChanges = { create: CreateTokenDocument, revoke: RevokeTokenDocument };
export const webhookChanges = {
  create: CreateWebhookDocument,
  delete: DeleteWebhookDocument,
  test: TestWebhookDocument,
};
export const keyChanges = { create: CreatePublishableKeyDocument, revoke: RevokePublishableKeyDocument };

function isRefused(result: unknown): result is { readonly code: string } {
  const { __typename } = (result ?? {}) as { __typename?: unknown };
  return __typename === 'AccountRefused';
}

function stateOf({ isLoading, failure, refetch }: State): State {
  return { isLoading, failure, refetch };
}
