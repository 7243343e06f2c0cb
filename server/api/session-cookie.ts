/**
 * The cookie of a signed-in account. It counts only for requests of the server's own pages: SameSite=Strict alone would
 * let pages of sibling subdomains use it.
 */

import type { IncomingMessage } from 'node:http';

const NAME = 'smartpersona_session';
const VALUE = new RegExp(`(?:^|;\\s*)${NAME}=([\\w-]{1,100})(?:;|$)`);

/** The id of the session; null without the cookie, and for requests that no page of this server has made. */
export function sessionIdOf(request: IncomingMessage): string | null {
  const { cookie } = request.headers;
  if (cookie === undefined || !isOwnPage(request)) return null;
  return VALUE.exec(cookie)?.[1] ?? null;
}

/** Whether a page of this very origin has made the request. Browsers send one of these headers with every request. */
export function isOwnPage({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return headers['sec-fetch-site'] === 'same-origin';
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** The value of Set-Cookie that begins a session, or that deletes the cookie for null. */
export function sessionCookie(
  { headers }: IncomingMessage,
  session: { readonly sessionId: string; readonly expiresAt: number } | null,
  now: number,
): string {
  const maxAge = session === null ? 0 : Math.max(0, Math.floor((session.expiresAt - now) / 1_000));
  const attributes = `Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict`;
  // The browser's address is https also where a proxy forwards to this server over http.
  const secure = headers.origin?.startsWith('https:') === true ? '; Secure' : '';
  return `${NAME}=${session?.sessionId ?? ''}; ${attributes}${secure}`;
}
