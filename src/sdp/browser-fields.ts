import type { DtlsSetup, Fingerprint, IceCandidate, IceCredentials } from './browser-types.ts';
import { SdpError } from './types.ts';

/** What the values of a browser's attributes say. */

const DEFAULT_PTIME = 20;
/** Bytes of each hash, RFC 8122 5. */
const HASH_BYTES: Readonly<Record<Fingerprint['algorithm'], number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};

export const malformed = (message: string): SdpError => new SdpError(message, 400);
export const unusable = (message: string): SdpError => new SdpError(message, 488);

/** @throws SdpError 488 without them, 400 when they are malformed (RFC 8839 5.4) */
export const readIce = (ufrag: string | undefined, password: string | undefined): IceCredentials => {
  if (ufrag === undefined || password === undefined)
    throw unusable('The audio has no ICE credentials: it is no WebRTC offer or answer');
  if (!/^[\w+/-]{4,256}$/.test(ufrag) || !/^[\w+/-]{22,256}$/.test(password))
    throw malformed('SDP has malformed ICE credentials');
  return { usernameFragment: ufrag, password };
};

const isAlgorithm = (name: string): name is Fingerprint['algorithm'] => Object.hasOwn(HASH_BYTES, name);

/** Unknown hashes and values of the wrong length are passed over (RFC 8122 5). */
export const readFingerprints = (values: readonly string[]): Fingerprint[] =>
  values.flatMap((text) => {
    const [, name = '', hex = ''] = /^([\w-]+) +([\da-f]{2}(?::[\da-f]{2})*)$/i.exec(text) ?? [];
    const algorithm = name.toLowerCase();
    if (!isAlgorithm(algorithm) || hex.length !== HASH_BYTES[algorithm] * 3 - 1) return [];
    return [{ algorithm, value: hex.toUpperCase() }];
  });

const SETUPS: ReadonlySet<string> = new Set(['actpass', 'active', 'passive']);
const isSetup = (text: string): text is DtlsSetup => SETUPS.has(text);

/** @throws SdpError 488 */
export const readSetup = (text: string | undefined): DtlsSetup => {
  // RFC 4145 4.1: an offerer that says nothing would be active.
  if (text === undefined) return 'active';
  if (!isSetup(text)) throw unusable(`a=setup:${text.slice(0, 20)} is no way to set up DTLS`);
  return text;
};

const CANDIDATE_TYPES: ReadonlySet<string> = new Set(['host', 'srflx', 'prflx', 'relay']);
const isCandidateType = (text: string): text is IceCandidate['type'] => CANDIDATE_TYPES.has(text);
const TCP_TYPES: ReadonlySet<string> = new Set(['active', 'passive', 'so']);
const isTcpType = (text: string): text is NonNullable<IceCandidate['tcpType']> => TCP_TYPES.has(text);

/** Candidates of the one component that rtcp-mux leaves; what is not understood is passed over (RFC 8839 5.1). */
export const readCandidates = (values: readonly string[]): IceCandidate[] =>
  values.flatMap((text) => {
    const [
      foundation = '',
      component,
      transport = '',
      priority = '',
      address = '',
      port = '',
      typ,
      type = '',
      ...rest
    ] = text.split(/ +/);
    const protocol = transport.toLowerCase();
    if (component !== '1' || typ !== 'typ' || (protocol !== 'udp' && protocol !== 'tcp')) return [];
    if (!isCandidateType(type) || !/^\d{1,10}$/.test(priority) || !/^\d{1,5}$/.test(port)) return [];
    if (Number(port) > 65_535 || foundation === '' || address === '') return [];
    const tcpType = rest[rest.indexOf('tcptype') + 1] ?? '';
    return [
      {
        foundation,
        priority: Number(priority),
        address,
        port: Number(port),
        protocol,
        type,
        ...(protocol === 'tcp' && isTcpType(tcpType) && { tcpType }),
      },
    ];
  });

/** Id of the extension with `uri`, of one byte (RFC 8285 4.2). */
export const readExtension = (values: readonly string[], uri: string): number | undefined => {
  for (const text of values) {
    const [, id = '', name] = /^(\d{1,3})(?:\/\w+)? +(\S+)/.exec(text) ?? [];
    if (name === uri && Number(id) >= 1 && Number(id) <= 14) return Number(id);
  }
  return undefined;
};

/** The first SSRC that has a CNAME, which repair streams have, too, after the one that they repair. */
export const readSource = (
  values: readonly string[],
): { ssrc: number | undefined; cname: string | undefined } => {
  for (const text of values) {
    const [, ssrc = '', cname] = /^(\d{1,10}) +cname:(\S+)/.exec(text) ?? [];
    if (ssrc !== '' && Number(ssrc) > 0 && Number(ssrc) < 2 ** 32) return { ssrc: Number(ssrc), cname };
  }
  return { ssrc: undefined, cname: undefined };
};

/** Whole tens of milliseconds from 10 to 60; RFC 4566 6 calls ptime a hint, maxptime a limit. */
export const readPtime = (ptime: string | undefined, maxptime: string | undefined): number => {
  const wished = Number(ptime) || DEFAULT_PTIME;
  const limit = Number(maxptime) || 60;
  return Math.min(60, Math.max(10, Math.floor(Math.min(wished, limit) / 10) * 10));
};
