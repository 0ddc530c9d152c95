import { applyHeaderRules, type Caller, escapeUser, type Trunk, type TrunkRoute } from '../../sip/index.ts';
import type { LineTable } from '../../store/index.ts';

/** Transfers are for users alone. */
const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK';

/** A place at which a line can be reached. */
export type LineTarget = {
  readonly uri: string;
  /** Next hop where it is not the URI's. */
  readonly proxy?: string | undefined;
  /** It sits behind NAT. */
  readonly nat?: boolean;
  /** It is a browser, and wants WebRTC. */
  readonly web?: boolean;
  /** URI of the trunk's gateway that this is. */
  readonly gateway?: string | undefined;
};

/** What an INVITE to a line consists of, apart from its SDP. */
export type LineRequest = {
  /** In the order in which they are tried. */
  readonly targets: readonly [LineTarget, ...LineTarget[]];
  /** They are known to be down. */
  readonly isQuickTry: boolean;
  readonly headers: Record<string, string>;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
};

export type LineRequestInput = {
  readonly callId: string;
  readonly line: LineTable;
  /** The trunk that a line of type `trunk` is dialled through. */
  readonly trunk: Trunk | undefined;
  /** That trunk's gateways. */
  readonly route: TrunkRoute | undefined;
  readonly caller: Caller;
  /** E.164 of the tracking number; undefined for calls between users. */
  readonly trackingNumber: string | undefined;
  /** The call came to the tracking number and goes on to the line, rather than from it. */
  readonly diverted: boolean;
  /** The registered phones of a line of type `user`. */
  readonly phones: readonly LineTarget[];
  /** URI of the built-in echo, for lines of type `echo`. */
  readonly echoUri: string | undefined;
};

/** A quoted-string of RFC 3261 25.1; control characters have no place in it. */
const quote = (text: string): string =>
  `"${text
    .slice(0, 80)
    .replace(/\p{Cc}/gu, ' ')
    .replace(/["\\]/g, '\\$&')}"`;

/** Puts `user` into a SIP URI that has another user or none. */
const withUser = (uri: string, user: string): string => {
  const match = /^(sips?:)(?:[^@;?]*@)?(.*)$/i.exec(uri);
  return `${match?.[1] ?? 'sip:'}${escapeUser(user)}@${match?.[2] ?? uri}`;
};

const onlyTarget = (uri: string | null | undefined): readonly LineTarget[] => (uri ? [{ uri }] : []);

const targetsOf = ({ line, route, phones, echoUri }: LineRequestInput): readonly LineTarget[] => {
  switch (line.type) {
    case 'echo':
      return onlyTarget(echoUri);
    case 'sip':
      return onlyTarget(line.uri);
    case 'user':
      return phones;
    case 'trunk': {
      const { number } = line;
      if (number === null) return [];
      return (route?.gateways ?? []).map(({ uri }) => ({ uri: withUser(uri, number), gateway: uri }));
    }
  }
};

const identityHeaders = ({ caller, trunk, trackingNumber }: LineRequestInput): Record<string, string> => {
  if (trunk?.callerId === 'tracking-number' && trackingNumber !== undefined) {
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
  const [first, ...others] = targetsOf(input);
  if (!first) return undefined;
  const { trunk, trackingNumber } = input;
  const wantsDiversion = input.diverted && trackingNumber !== undefined && trunk?.diversion !== false;
  const diversion: Record<string, string> = !wantsDiversion
    ? {}
    : { Diversion: `<sip:${trackingNumber}@dialtrace.invalid>;reason=unconditional;counter=1` };
  const headers = {
    ...identityHeaders(input),
    ...diversion,
    Contact: '<sip:dialtrace@localhost>',
    'Content-Type': 'application/sdp',
    Supported: '100rel, timer',
    Allow: input.line.type === 'user' ? `${ALLOW}, REFER, NOTIFY` : ALLOW,
    'X-Dialtrace-Call': input.callId,
  };
  return {
    targets: [first, ...others],
    isQuickTry: input.route?.allDown ?? false,
    headers: trunk ? applyHeaderRules(headers, trunk.headers) : headers,
    auth: trunk?.auth,
  };
};
