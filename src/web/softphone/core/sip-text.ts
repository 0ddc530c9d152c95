import type { SupervisionMode } from '../contract.ts';

/** How a dialog is named by both sides (RFC 3261 12). */
export type DialogName = { readonly callId: string; readonly localTag: string; readonly remoteTag: string };

/** Value of a Replaces header for the peer of that dialog: the tags are told from its side (RFC 3891 3). */
export const replacesOf = ({ callId, localTag, remoteTag }: DialogName): string =>
  `${callId};to-tag=${remoteTag};from-tag=${localTag}`;

const NUMBER_LIKE = /^\+?[\d\s()./-]*\d[\d\s()./-]*$/;

/** Characters of a user part that stand for themselves (RFC 3261 25.1). */
const escapeUser = (user: string): string => encodeURIComponent(user).replaceAll('%2B', '+');

/**
 * What a person typed or chose, as an address: a number as it may be written (`+49 30 1234-56`), a user's name, a line's
 * id, or a whole `sip:` address.
 *
 * @param domain where names and numbers without one live
 * @returns undefined when nothing can be called by it
 */
export const addressOf = (target: string, domain: string): string | undefined => {
  const text = target.trim();
  if (text === '') return undefined;
  if (/^sips?:[^\s@]+@[^\s@]+$/i.test(text)) return text;
  if (/^tel:/i.test(text)) return addressOf(text.slice(4), domain);
  const number = text.replaceAll(/[^\d+*#]/g, '');
  if (NUMBER_LIKE.test(text) || /^[\d*#]+$/.test(text)) return `sip:${escapeUser(number)}@${domain}`;
  if (/[\s@]/.test(text)) return undefined;
  return `sip:${escapeUser(text)}@${domain}`;
};

/** The domain of `sip:alice@example.com`, without port and parameters. */
export const domainOf = (address: string): string =>
  /@(\[[^\]]*\]|[^:;?>]+)/.exec(address)?.[1] ?? address.replace(/^sips?:/i, '');

/** Headers of a call to a number, person or line. */
export const dialHeaders = (identity: string | undefined): string[] =>
  identity === undefined ? [] : [`X-Dialtrace-Identity: ${identity}`];

/** Headers of a supervisor's call to someone else's call. */
export const superviseHeaders = (callId: string, mode: SupervisionMode): string[] => [
  `X-Dialtrace-Supervise: ${callId};mode=${mode}`,
];

/** Keys that a telephone has (RFC 4733 2.3.1), in capitals; all else is dropped. */
export const keysOf = (text: string): string => text.toUpperCase().replaceAll(/[^0-9*#A-D]/g, '');

/** The status line in a NOTIFY about a transfer (RFC 3515 2.4.5, message/sipfrag). */
export const fragmentOf = (body: string): { readonly status: number; readonly text: string } | undefined => {
  const found = /^SIP\/2\.0 (\d{3}) ?([^\r\n]*)/.exec(body.trimStart());
  return found ? { status: Number(found[1]), text: found[2] ?? '' } : undefined;
};

export type Reason = {
  readonly protocol: string;
  readonly cause: number | undefined;
  readonly text: string;
};

/** A Reason header (RFC 3326): `SIP;cause=200;text="Call completed elsewhere"`. */
export const reasonOf = (header: string | undefined): Reason | undefined => {
  if (!header) return undefined;
  const cause = /;\s*cause\s*=\s*(\d+)/i.exec(header)?.[1];
  const text = /;\s*text\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;,\s]+))/i.exec(header);
  return {
    protocol: header.split(';', 1)[0]?.trim() ?? '',
    cause: cause === undefined ? undefined : Number(cause),
    text: (text?.[1] ?? text?.[2] ?? '').replaceAll(/\\(.)/g, '$1'),
  };
};

/** Clearing causes of people: normal, busy, no answer, rejected (Q.850). */
const HUMAN_CAUSES: ReadonlySet<number> = new Set([16, 17, 18, 19, 21, 31]);

/** Whether a call that ended by this reason was ended by the gateway, not by the person at the other end. */
const isFault = ({ protocol, cause }: Reason): boolean =>
  cause !== undefined && (protocol === 'Q.850' ? !HUMAN_CAUSES.has(cause) : cause >= 400);

type End = { readonly by: 'us' | 'other' | 'gateway'; readonly text: string };

/** Who ended an answered call that the other side took down, and why. */
export const endOfBye = (reasonHeader: string | undefined): End => {
  const reason = reasonOf(reasonHeader);
  if (!reason) return { by: 'other', text: '' };
  return { by: isFault(reason) ? 'gateway' : 'other', text: reason.text };
};

/** Answers that people give: busy, no answer, declined, gone away. */
const HUMAN_STATUSES: ReadonlySet<number> = new Set([480, 486, 487, 600, 603]);

/** Whether a refusal of a call says something about the person called, not about the request. */
export const isAnswerOfPerson = (status: number): boolean => HUMAN_STATUSES.has(status);

/** Who ended a call that was never answered: the person called, or the gateway that could not reach one. */
export const endOfRefusal = (status: number, text: string): End => ({
  by: isAnswerOfPerson(status) ? 'other' : 'gateway',
  text: `${status} ${text}`.trim(),
});

/** Seconds that a REGISTER was granted for the contact whose user part is given. */
export const grantedSeconds = (
  contacts: readonly string[],
  user: string,
  expires: string | undefined,
  fallback: number,
): number => {
  const own = contacts.find((contact) => contact.includes(`sip:${user}@`));
  const found = /;\s*expires\s*=\s*"?(\d+)/i.exec(own ?? '')?.[1] ?? expires;
  const seconds = Number(found);
  return found !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds : fallback;
};

/** When to renew a registration. A page in the background may be woken only once a minute: half of its time is left. */
export const refreshAfterMs = (granted: number): number => Math.max(5, granted * 0.45) * 1000;
