import type { SrfMessage, SrfResponse } from './srf.ts';

const isAddress = (host: string): boolean => /^(\d{1,3}(\.\d{1,3}){3}|\[.*\])$/.test(host);

const hostOf = (uri: string): string => /^(?:sips?:)?(?:[^@]*@)?(\[[^\]]*\]|[^:;?>]*)/i.exec(uri)?.[1] ?? '';

/**
 * Next hop of a second try with credentials. A name can lead to a machine that knows nothing of the challenge, so the
 * try goes to the address that asked; over TLS it doesn't, since the certificate is checked against the name.
 */
export const pinnedHop = (nextHop: string, response: SrfResponse): string | undefined => {
  const { source_address: address, source_port: port } = response;
  if (isAddress(hostOf(nextHop)) || !address || !port || /^sips:|;transport=(tls|wss?)\b/i.test(nextHop))
    return undefined;
  const transport = /;transport=[a-z]+/i.exec(nextHop)?.[0] ?? '';
  return `sip:${address.includes(':') ? `[${address}]` : address}:${port}${transport}`;
};

/** Headers of a request that continues the one sent: same Call-ID and From, next CSeq (RFC 3261 8.1.3.5). */
export const continued = (
  headers: Readonly<Record<string, string>>,
  sent: SrfMessage,
  method: string,
): Record<string, string> => {
  const kept = Object.entries(headers).filter(([name]) => !/^(from|call-id|cseq)$/i.test(name));
  const sequence = Number.parseInt(sent.get('CSeq') ?? '', 10);
  return {
    ...Object.fromEntries(kept),
    From: sent.get('From') ?? '',
    'Call-ID': sent.get('Call-ID') ?? '',
    CSeq: `${sequence + 1} ${method}`,
  };
};
