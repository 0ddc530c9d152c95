import type { SrfRequest } from './srf.ts';
import type { SipPeer } from './types.ts';

const OVER_WEB = /^SIP *\/ *2\.0 *\/ *WSS?\s/i;
const WEB: Readonly<Record<string, string>> = { tcp: 'ws', tls: 'wss' };

/** Who sent a request. drachtio's protocol calls a WebSocket `tcp` or `tls`; the top Via tells. */
export const peerOf = (request: SrfRequest): SipPeer => {
  const { protocol } = request;
  const web = WEB[protocol];
  return {
    protocol: web !== undefined && OVER_WEB.test(request.get('Via') ?? '') ? web : protocol,
    address: request.source_address,
    port: Number(request.source_port),
  };
};
