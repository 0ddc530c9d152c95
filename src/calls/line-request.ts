import type { Caller, Trunk } from '../sip/index.ts';
import type { LineTable } from '../store/index.ts';

/** What an INVITE to a line consists of, apart from its SDP. */
export type LineRequest = {
  readonly uri: string;
  readonly headers: Record<string, string>;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
};

export type LineRequestInput = {
  readonly callId: string;
  readonly line: LineTable;
  /** The trunk that a line of type `trunk` is dialled through. */
  readonly trunk: Trunk | undefined;
  readonly caller: Caller;
  /** E.164 of the tracking number. */
  readonly trackingNumber: string;
  /** URI of the built-in echo, for lines of type `echo`. */
  readonly echoUri: string | undefined;
};

/** A quoted-string of RFC 3261 25.1; control characters have no place in it. */
const quote = (text: string): string =>
  `"${text
    .replace(/\p{Cc}/gu, ' ')
    .replace(/["\\]/g, '\\$&')
    .slice(0, 80)}"`;

/** Escapes what RFC 3261 25.1 does not allow in the user part of a URI. */
const escapeUser = (user: string): string =>
  user
    .replace(/\p{Surrogate}/gu, '')
    .replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu, (character) => encodeURIComponent(character));

/** Puts `user` into a SIP URI that has another user or none. */
const withUser = (uri: string, user: string): string => {
  const match = /^(sips?:)(?:[^@;?]*@)?(.*)$/i.exec(uri);
  return `${match?.[1] ?? 'sip:'}${escapeUser(user)}@${match?.[2] ?? uri}`;
};

const targetOf = ({ line, trunk, echoUri }: LineRequestInput): string | undefined => {
  switch (line.type) {
    case 'echo':
      return echoUri;
    case 'sip':
      return line.uri ?? undefined;
    case 'trunk':
      return trunk?.gateway && line.number ? withUser(trunk.gateway, line.number) : undefined;
  }
};

const identityHeaders = ({ caller, trunk, trackingNumber }: LineRequestInput): Record<string, string> => {
  if (trunk?.callerId === 'tracking-number') {
    const own = `<sip:${trackingNumber}@localhost>`;
    return { From: own, 'P-Asserted-Identity': own };
  }
  // RFC 3323 4.1 and RFC 3325 9.1: an anonymous caller stays so, and no identity is asserted to the line.
  if (caller.type === 'anonymous') {
    return { From: '"Anonymous" <sip:anonymous@anonymous.invalid>', Privacy: 'id' };
  }
  const display = caller.display ? `${quote(caller.display)} ` : '';
  const address = `<sip:${escapeUser(caller.number)}@localhost>`;
  return { From: display + address, 'P-Asserted-Identity': display + address };
};

/**
 * Builds the INVITE to a line. `localhost` is the SIP server's placeholder for its own address.
 *
 * @returns undefined when the line can't be dialled: its trunk is gone or has no gateway
 */
export const lineRequest = (input: LineRequestInput): LineRequest | undefined => {
  const uri = targetOf(input);
  if (uri === undefined) return undefined;
  const { trunk, trackingNumber } = input;
  const diversion: Record<string, string> =
    trunk && !trunk.diversion
      ? {}
      : { Diversion: `<sip:${trackingNumber}@dialtrace.invalid>;reason=unconditional;counter=1` };
  return {
    uri,
    headers: {
      ...identityHeaders(input),
      ...diversion,
      Contact: '<sip:dialtrace@localhost>',
      'Content-Type': 'application/sdp',
      Supported: '100rel, timer',
      Allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK',
      'X-Dialtrace-Call': input.callId,
    },
    auth: trunk?.auth,
  };
};
