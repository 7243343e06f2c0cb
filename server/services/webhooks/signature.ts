/**
 * Signatures of webhooks, after the specification Standard Webhooks 1.0: HMAC-SHA-256 over id, time and body. The secret of
 * a webhook is derived from the installation's secret, so that it is stored nowhere.
 */

import { createHmac, hkdfSync } from 'node:crypto';

const SECRET_BYTES = 32;
const SECRET_PREFIX = 'whsec_';

/** 32 bytes. */
function keyOf(installationSecret: Uint8Array, webhookId: string): Buffer {
  const info = `smartpersona webhook ${webhookId}`;
  return Buffer.from(hkdfSync('sha256', installationSecret, new Uint8Array(), info, SECRET_BYTES));
}

/** The secret as its receiver enters it: `whsec_` and 32 bytes in base64. */
export function webhookSecret(installationSecret: Uint8Array, webhookId: string): string {
  return SECRET_PREFIX + keyOf(installationSecret, webhookId).toString('base64');
}

interface Message {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly body: string;
}

/** The headers of a signed message. */
export function signedHeaders(
  installationSecret: Uint8Array,
  webhookId: string,
  { id, at, body }: Message,
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const signature = createHmac('sha256', keyOf(installationSecret, webhookId))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64');
  return {
    'content-type': 'application/json',
    'user-agent': 'SmartPersona-Webhooks',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}
