/** Completes connection strings for use, and removes their secrets for messages. */

const PARTS = /^(mongodb(?:\+srv)?:\/\/)(?:([^@/]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/;
export const DATABASE_NAME = 'smartpersona';

/** Adds the database name if the string has none. Accounts are still looked up in `admin`, the default without a name. */
export function withDatabaseName(uri: string): string {
  const parts = PARTS.exec(uri);
  if (parts === null || parts[4]) return uri;
  const [, scheme, account, hosts, , options = ''] = parts;
  const needsSource = account !== undefined && !/(^|&)authSource=/i.test(options);
  const query = [options, needsSource ? 'authSource=admin' : ''].filter(Boolean).join('&');
  const before = account === undefined ? '' : `${account}@`;
  return `${scheme}${before}${hosts}/${DATABASE_NAME}${query === '' ? '' : `?${query}`}`;
}

/** Scheme, hosts and database; neither account nor options, both of which may hold secrets. */
export function describeUri(uri: string): string {
  const parts = PARTS.exec(uri);
  if (parts === null) return 'a malformed connection string';
  return `${parts[1]}${parts[3]}/${parts[4] || DATABASE_NAME}`;
}

/** The text with all secrets of the connection string replaced by ***. */
export function redact(text: string, uri: string): string {
  // Does not use PARTS: malformed strings contain secrets, too.
  const account = /^[^:]*:\/\/([^/]*)@/.exec(uri)?.[1] ?? '';
  const options = uri.includes('?') ? uri.slice(uri.indexOf('?') + 1) : '';
  const [user, ...password] = account.split(':');
  const values = options.split('&').map((option) => option.slice(option.indexOf('=') + 1));
  return [uri, account, password.join(':'), user, ...values]
    .flatMap((secret) => [secret, decoded(secret)])
    .filter((secret) => secret.length >= 4 && secret !== 'true' && secret !== 'false')
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
