/**
 * `POST /auth/…`: sign-in and sign-out of accounts, the password, and the links that set it. Bodies and responses are
 * JSON; the session is in a cookie that scripts cannot read. Only the server's own pages, and programs that send their
 * Origin, may use these paths.
 */

import type { IncomingMessage, RequestListener } from 'node:http';

import type { AuditAction, AuditOutcome, Logger } from '../domain/index.js';
import {
  InvalidInputError,
  InvitationInvalidError,
  SmartPersonaError,
  UnauthenticatedError,
  WrongPasswordError,
  accountKey,
} from '../domain/index.js';
import type { AccountPort, AuditPort, SignedIn } from '../services/index.js';

import { addressOf } from './addresses.js';
import type { AdmissionOptions } from './admission.js';
import { admit, refusalOf } from './admission.js';
import { createFormatError } from './errors.js';
import { HttpRefusal } from './http-refusal.js';
import { sendWhole } from './last-answer.js';
import type { BodyBudget } from './request-body.js';
import { readJson } from './request-body.js';
import type { Headers } from './security-headers.js';
import { isOwnPage, sessionCookie, sessionIdOf } from './session-cookie.js';
import { createSignInLimits } from './sign-in-limits.js';
import type { Identity } from './tokens.js';

interface AccountEndpointOptions extends AdmissionOptions {
  readonly accounts: AccountPort;
  readonly audit: AuditPort;
  readonly bodies: BodyBudget;
  /** Sent with every response. */
  readonly headers: Headers;
  readonly now: () => number;
  readonly log: Logger;
}

interface AccountAnswer {
  readonly body: object;
  readonly cookie?: string;
}

interface AccountRequest {
  readonly request: IncomingMessage;
  readonly identity: Identity;
  readonly address: string;
  /** A text of the body; throws HttpRefusal if it is missing. */
  readonly text: (name: string) => string;
}

type Route = (order: AccountRequest) => Promise<AccountAnswer>;

export const ACCOUNT_PATHS = [
  '/auth/session',
  '/auth/sign-in',
  '/auth/sign-out',
  '/auth/invitation',
  '/auth/set-up',
  '/auth/password',
] as const;

export function createAccountEndpoint(options: AccountEndpointOptions): RequestListener {
  const routes = routesOf(options);
  const formatError = createFormatError(options.log);
  return (request, response) => {
    const startedAt = performance.now();
    const send = (status: number, body: object, more: Record<string, string> = {}) => {
      const headers = { ...options.headers, 'content-type': 'application/json; charset=utf-8', ...more };
      sendWhole(request, response, { status, headers, body: JSON.stringify(body) });
      options.metrics.recordRequest(status, (performance.now() - startedAt) / 1_000);
    };
    void serve(request, routes, options).then(
      ({ body, cookie }) => send(200, body, cookie === undefined ? {} : { 'set-cookie': cookie }),
      (error: unknown) => {
        const refusal = refusalOfAccount(error);
        send(refusal?.status ?? 500, { errors: [refusal ?? formatError(error)] }, refusal?.more.headers);
      },
    );
  };
}

async function serve(
  request: IncomingMessage,
  routes: Readonly<Record<(typeof ACCOUNT_PATHS)[number], Route>>,
  options: AccountEndpointOptions,
): Promise<AccountAnswer> {
  if (request.method !== 'POST')
    throw new HttpRefusal(405, 'METHOD_NOT_ALLOWED', 'Use POST.', { headers: { allow: 'POST' } });
  if (!isOwnPage(request))
    throw new HttpRefusal(403, 'FORBIDDEN', 'Only pages of this server may sign in; send its Origin.');
  const identity = await admit(request, options);
  const address = addressOf(request, options.trustedProxies);
  const body = await readJson({ request, caller: address, isAnonymous: true }, options.bodies);
  const route = routes[(request.url ?? '').split('?', 1)[0] as (typeof ACCOUNT_PATHS)[number]];
  return route({ request, identity, address, text: (name) => textOf(body, name) });
}

function routesOf({ accounts, audit, now }: AccountEndpointOptions) {
  const limits = createSignInLimits();
  const signedIn = (request: IncomingMessage, session: SignedIn): AccountAnswer => ({
    body: { account: shown(session) },
    cookie: sessionCookie(request, session, now()),
  });
  const record = (action: AuditAction, name: string, outcome: AuditOutcome) =>
    audit.record({ actor: { kind: 'account', name }, action, target: name, outcome });
  /** Runs an attempt that may be a guess. Throws HttpRefusal after too many. */
  const limited = async <T>(
    { address }: AccountRequest,
    name: string | null,
    work: () => Promise<T>,
  ): Promise<T> => {
    const caller = { address, name: name === null ? null : accountKey(name) };
    const result = await limits.attempt(caller, work, isGuess);
    if (result === null)
      throw new HttpRefusal(429, 'RATE_LIMITED', 'Too many attempts; try again in a quarter of an hour.', {
        headers: { 'retry-after': '900' },
      });
    return result;
  };

  return {
    '/auth/session': async ({ identity: { session } }) => ({
      body: { account: session === null ? null : shown(session) },
    }),

    '/auth/sign-in': async (order) => {
      const [name, password] = [order.text('name'), order.text('password')];
      try {
        const session = await limited(order, name, () => accounts.signIn(name, password));
        await record('sign-in', session.name, 'done');
        return signedIn(order.request, session);
      } catch (error) {
        // The name is not recorded: it may be a password in the wrong field.
        if (error instanceof WrongPasswordError)
          await audit.record({
            ...{ actor: { kind: 'unknown', name: null }, action: 'sign-in' },
            ...{ target: null, outcome: 'refused' },
          });
        throw error;
      }
    },

    '/auth/sign-out': async ({ request }) => {
      const sessionId = sessionIdOf(request);
      if (sessionId !== null) await accounts.signOut(sessionId);
      return { body: { account: null }, cookie: sessionCookie(request, null, now()) };
    },

    '/auth/invitation': async (order) => {
      const code = order.text('code');
      return limited(order, null, async () => {
        const invited = await accounts.invitation(code);
        if (invited === null) throw new InvitationInvalidError();
        return { body: invited };
      });
    },

    '/auth/set-up': async (order) => {
      const [code, name, password] = [order.text('code'), order.text('name'), order.text('password')];
      const session = await limited(order, null, () => accounts.redeem(code, name, password));
      await record('set-password', session.name, 'done');
      return signedIn(order.request, session);
    },

    '/auth/password': async (order) => {
      const { session } = order.identity;
      if (session === null) throw new UnauthenticatedError('Sign in with your name and password first.');
      const [current, next] = [order.text('current'), order.text('next')];
      const changed = await limited(order, session.name, () =>
        accounts.changePassword(session.name, current, next),
      );
      await record('set-password', session.name, 'done');
      return signedIn(order.request, changed);
    },
  } satisfies Record<(typeof ACCOUNT_PATHS)[number], Route>;
}

function shown({ name, role, expiresAt }: Pick<SignedIn, 'name' | 'role' | 'expiresAt'>): object {
  return { name, role: role.toUpperCase(), expiresAt: new Date(expiresAt).toISOString() };
}

function textOf(body: unknown, name: string): string {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : null;
  if (typeof value === 'string') return value;
  throw new HttpRefusal(400, 'INVALID_INPUT', `The body must be a JSON object with the text "${name}".`);
}

function isGuess(error: unknown): boolean {
  return error instanceof WrongPasswordError || error instanceof InvitationInvalidError;
}

function refusalOfAccount(error: unknown): HttpRefusal | null {
  if (error instanceof WrongPasswordError || error instanceof UnauthenticatedError)
    return new HttpRefusal(401, error.code, error.message);
  if (error instanceof InvalidInputError)
    return new HttpRefusal(400, error.code, error.message, { extensions: { field: error.field } });
  return error instanceof SmartPersonaError || error instanceof HttpRefusal ? refusalOf(error) : null;
}
