/** Requests about the account that is signed in: the server keeps its session in a cookie that scripts cannot read. */

export interface SignedInAccount {
  readonly name: string;
  readonly role: 'VIEWER' | 'ADMIN';
}

/** The rules of the server for passwords. */
export const MIN_PASSWORD_CHARACTERS = 12;

/** The server refused a request, or did not answer. */
export class AccountRefusal extends Error {
  constructor(
    /** Null if there was no answer. */
    readonly code: string | null,
    /** The input that breaks a rule. */
    readonly field: string | null,
  ) {
    super(code ?? 'no answer');
  }
}

interface Answer {
  readonly account?: SignedInAccount | null;
  readonly name?: string | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string; readonly field?: string } }[];
}

/** Each rejects with AccountRefusal. */
export const accountRequests = {
  /** The account of this browser; null if none is signed in. */
  current: async () => (await post('session', {})).account ?? null,
  signIn: (name: string, password: string) => signedIn('sign-in', { name, password }),
  signOut: async (): Promise<void> => {
    await post('sign-out', {});
  },
  /** Whom the link with this code is for; null for the first administrator. */
  invited: async (code: string) => (await post('invitation', { code })).name ?? null,
  setUp: (code: string, name: string, password: string) => signedIn('set-up', { code, name, password }),
  changePassword: (current: string, next: string) => signedIn('password', { current, next }),
};

async function signedIn(path: string, body: object): Promise<SignedInAccount> {
  const { account } = await post(path, body);
  if (account == null) throw new AccountRefusal(null, null);
  return account;
}

async function post(path: string, body: object): Promise<Answer> {
  let answer: Answer | null = null;
  try {
    const response = await fetch(`/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    answer = (await response.json()) as Answer;
    if (response.ok) return answer;
  } catch {
    // No answer, or not from the server: refused below.
  }
  const { code, field } = answer?.errors?.[0]?.extensions ?? {};
  throw new AccountRefusal(code ?? null, field ?? null);
}
