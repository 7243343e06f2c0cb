/** Accounts, tokens, publishable keys, webhooks, the audit log and the settings in force. */

import { useApolloClient } from '@vue/apollo-composable';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { computed, readonly, ref, type ComputedRef } from 'vue';

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
  type AlertThresholdsInput,
  type AuditLogQuery,
  type CreateAccountMutation,
  type CreateTokenMutationVariables,
  type WebhooksQuery,
} from '../../generated/graphql.js';
import { failureOf, useLiveQuery, type Failure, type LiveQuery, type RequestErrorLike } from '../index.js';

export type WebhookEvent = 'ALERT_RAISED' | 'TRAINING_FINISHED' | 'MODEL_ACTIVATED';
export type StaffRole = 'ADMIN' | 'VIEWER';
export type WebhookRow = WebhooksQuery['webhooks'][number];
export type AuditRow = AuditLogQuery['auditLog']['nodes'][number];

type State = Pick<LiveQuery<unknown>, 'isLoading' | 'failure' | 'refetch'>;

/** Reason of a refused change: a code of the server's rules, or a failure. */
export type ChangeRefusal = { readonly code: string } | { readonly failure: Failure };

/** A value that is shown once. A link has the account it is for, and its end. */
export interface OneTimeValue {
  readonly value: string;
  readonly name?: string;
  readonly expiresAt?: string;
}

/** State of the changes of a section. */
export type Changes = Pick<ReturnType<typeof useTokens>, 'isBusy' | 'refusal' | 'once'>;

/** What a section with controls is told about them. */
export interface SectionState {
  /** False leaves out all controls. */
  readonly mayChange: boolean;
  readonly isBusy: boolean;
  /** Why the last change was refused, in words. */
  readonly refusal: string | null;
  readonly once: OneTimeValue | null;
}

/** Here and below, `onChange` is called after each answer to a change; the section's own data are read again anyway. */
export function useAccounts(onChange: () => void) {
  const { section, send, issue } = useSection(AccountsDocument, (data) => data?.accounts ?? [], onChange);
  return {
    ...section,
    create: (name: string, role: StaffRole) =>
      issue(CreateAccountDocument, { name, role }, ({ createAccount }) => linkOf(createAccount)),
    reset: (name: string) =>
      issue(ResetPasswordDocument, { name }, ({ resetPassword }) => linkOf(resetPassword)),
    changeRole: (name: string, role: StaffRole) => send(ChangeAccountRoleDocument, { name, role }),
    remove: (name: string) => send(DeleteAccountDocument, { name }),
  };
}

export function useTokens(onChange: () => void) {
  const { section, send, issue } = useSection(TokensDocument, (data) => data?.tokens ?? [], onChange);
  return {
    ...section,
    create: (order: CreateTokenMutationVariables) =>
      issue(CreateTokenDocument, order, ({ createToken }) => ({ value: createToken.token })),
    revoke: (id: string) => send(RevokeTokenDocument, { id }),
  };
}

export function usePublishableKeys(onChange: () => void) {
  const { section, send, issue } = useSection(
    PublishableKeysDocument,
    (data) => data?.publishableKeys ?? [],
    onChange,
  );
  return {
    ...section,
    create: (label: string, origins: string[]) =>
      issue(CreatePublishableKeyDocument, { label, origins }, ({ createPublishableKey }) => ({
        value: createPublishableKey.key,
      })),
    revoke: (id: string) => send(RevokePublishableKeyDocument, { id }),
  };
}

export function useWebhooks(onChange: () => void) {
  const { section, send, issue } = useSection(WebhooksDocument, (data) => data?.webhooks ?? [], onChange);
  return {
    ...section,
    create: (url: string, events: WebhookEvent[]) =>
      issue(CreateWebhookDocument, { url, events }, ({ createWebhook }) => ({ value: createWebhook.secret })),
    test: (id: string) => send(TestWebhookDocument, { id }),
    remove: (id: string) => send(DeleteWebhookDocument, { id }),
  };
}

export function useSettingsInForce(onChange: () => void) {
  const { section, send } = useSection(SettingsInForceDocument, (data) => data?.settings ?? null, onChange);
  return {
    ...section,
    change: (thresholds: AlertThresholdsInput) => send(ChangeAlertThresholdsDocument, { thresholds }),
  };
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

/** What a section shows, and its changes: `send` sends one, `issue` one whose answer has a value that is shown once. */
function useSection<TData, T>(
  document: TypedDocumentNode<TData, Record<string, never>>,
  shownOf: (data: TData | undefined) => T,
  onChange: () => void,
) {
  const { client } = useApolloClient();
  const query = useLiveQuery(document, {}, { fetchPolicy: 'no-cache' });
  const isBusy = ref(false);
  const refusal = ref<ChangeRefusal | null>(null);
  const once = ref<OneTimeValue | null>(null);

  /** Resolves with null if the change was refused. */
  async function send<TAnswer, TVariables extends object>(
    mutation: TypedDocumentNode<TAnswer, TVariables>,
    variables: TVariables,
  ): Promise<TAnswer | null> {
    isBusy.value = true;
    refusal.value = null;
    try {
      const { data } = await client.mutate({ mutation, variables, fetchPolicy: 'no-cache' });
      const refused = Object.values(data ?? {}).find(isRefused);
      if (refused !== undefined) refusal.value = { code: refused.code };
      query.refetch();
      onChange();
      return refused === undefined ? (data ?? null) : null;
    } catch (error) {
      refusal.value = { failure: failureOf(error as RequestErrorLike) };
      return null;
    } finally {
      isBusy.value = false;
    }
  }

  async function issue<TAnswer, TVariables extends object>(
    mutation: TypedDocumentNode<TAnswer, TVariables>,
    variables: TVariables,
    valueOf: (answer: TAnswer) => OneTimeValue | null,
  ): Promise<void> {
    once.value = null;
    const answer = await send(mutation, variables);
    once.value = answer && valueOf(answer);
  }

  const shown = computed(() => shownOf(query.data.value));
  const changes = { isBusy: readonly(isBusy), refusal: readonly(refusal), once: readonly(once) };
  return { section: { ...stateOf(query), ...changes, shown }, send, issue };
}

/** The link with which an account sets its password. */
function linkOf(answer: CreateAccountMutation['createAccount']): OneTimeValue | null {
  if (answer.__typename === 'AccountRefused') return null;
  const { path, name, expiresAt } = answer;
  return { value: location.origin + path, name, expiresAt };
}

function isRefused(result: unknown): result is { readonly code: string } {
  const { __typename } = (result ?? {}) as { __typename?: unknown };
  return __typename === 'AccountRefused';
}

function stateOf({ isLoading, failure, refetch }: State): State {
  return { isLoading, failure, refetch };
}
