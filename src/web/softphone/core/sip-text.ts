import type { ByeEnd } from '../../call/sip-text.ts';
import type { SupervisionMode } from '../contract.ts';

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

/** The status line in a NOTIFY about a transfer (RFC 3515 2.4.5, message/sipfrag). */
export const fragmentOf = (body: string): { readonly status: number; readonly text: string } | undefined => {
  const found = /^SIP\/2\.0 (\d{3}) ?([^\r\n]*)/.exec(body.trimStart());
  return found ? { status: Number(found[1]), text: found[2] ?? '' } : undefined;
};

/** Answers that people give: busy, no answer, declined, gone away. */
const HUMAN_STATUSES: ReadonlySet<number> = new Set([480, 486, 487, 600, 603]);

/** Whether a refusal of a call says something about the person called, not about the request. */
export const isAnswerOfPerson = (status: number): boolean => HUMAN_STATUSES.has(status);

/** Who ended a call that was never answered: the person called, or the gateway that could not reach one. */
export const endOfRefusal = (status: number, text: string): ByeEnd => ({
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
