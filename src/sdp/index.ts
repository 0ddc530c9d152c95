export {
  holds,
  isNullAddress,
  negotiateAnswer,
  negotiateOffer,
  writeAnswer,
  writeOffer,
} from './negotiate.ts';
export { connectionAddress, parseSdp } from './parse.ts';
export type { AudioDescription, Codec, CodecName, Direction, LocalAudio, NegotiatedAudio } from './types.ts';
export { SdpError } from './types.ts';
export type {
  BrowserDescription,
  DtlsSetup,
  Fingerprint,
  IceCandidate,
  IceCredentials,
  LocalBrowserAudio,
  NegotiatedBrowserAudio,
} from './browser-types.ts';
