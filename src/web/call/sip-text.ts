/** How a dialog is named by both sides (RFC 3261 12). */
export type DialogName = { readonly callId: string; readonly localTag: string; readonly remoteTag: string };

/** Value of a Replaces header for the peer of that dialog: the tags are told from its side (RFC 3891 3). */
export const replacesOf = ({ callId, localTag, remoteTag }: DialogName): string =>
  `${callId};to-tag=${remoteTag};from-tag=${localTag}`;

/** Keys that a telephone has (RFC 4733 2.3.1), in capitals; all else is dropped. */
export const keysOf = (text: string): string => text.toUpperCase().replaceAll(/[^0-9*#A-D]/g, '');

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

/** How an answered call ended: who did it, and the words of it. */
export type ByeEnd = { readonly by: 'us' | 'other' | 'gateway'; readonly text: string };

/** Who ended an answered call that the other side took down, and why. */
export const endOfBye = (reasonHeader: string | undefined): ByeEnd => {
  const reason = reasonOf(reasonHeader);
  if (!reason) return { by: 'other', text: '' };
  return { by: isFault(reason) ? 'gateway' : 'other', text: reason.text };
};
