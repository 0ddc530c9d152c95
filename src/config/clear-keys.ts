import { needsTls } from './addresses.ts';
import type { GatewayConfig } from './gateway-schema.ts';

/** A trunk whose SRTP keys anybody on the way can read (RFC 4568 8): they stand in SDP, and SIP is not encrypted. */
type ClearKeys = { readonly trunk: string; readonly text: string; readonly mend: string };

/** The trunks that ask for encrypted audio and are not reached over TLS, or have no TLS listener to call in on. */
export const clearKeys = ({ sip, trunks }: GatewayConfig): readonly ClearKeys[] => {
  const listens = sip.engine === 'drachtio' || sip.listen.some(({ transport }) => transport === 'tls');
  return trunks.flatMap(({ id, srtp, gateways, register }) => {
    if (srtp === 'off') return [];
    const uris = [...gateways.map(({ uri }) => uri), ...(register?.servers ?? [])];
    const open = uris.find((uri) => !needsTls(uri));
    if (open !== undefined) {
      const text = `srtp is ${srtp}, and ${open} is not reached over TLS: the keys travel in clear`;
      return [{ trunk: id, text, mend: 'add ;transport=tls to the URI, or set srtp: off' }];
    }
    if (listens) return [];
    const text = `srtp is ${srtp}, and no entry of sip.listen has transport tls: the keys travel in clear`;
    return [{ trunk: id, text, mend: 'add a listener with transport: tls, or set srtp: off' }];
  });
};
