export { negotiateBrowserAnswer, negotiateBrowserOffer } from './browser-negotiate.ts';
export { parseBrowserSdp } from './browser-parse.ts';
export type {
  BrowserDescription,
  DtlsSetup,
  EstablishedBrowserAudio,
  Fingerprint,
  IceCandidate,
  IceCredentials,
  LocalBrowserAudio,
  NegotiatedBrowserAudio,
  OpusTypes,
} from './browser-types.ts';
export { writeBrowserAnswer, writeBrowserOffer } from './browser-write.ts';
export { chooseCrypto } from './crypto.ts';
export {
  holds,
  isNullAddress,
  negotiateAnswer,
  negotiateOffer,
  receives,
  sends,
  writeAnswer,
  writeOffer,
} from './negotiate.ts';
export { connectionAddress, parseSdp } from './parse.ts';
export type {
  AudioDescription,
  Codec,
  CodecName,
  CryptoLine,
  Direction,
  LocalAudio,
  NegotiatedAudio,
  SrtpSuite,
} from './types.ts';
export { SdpError } from './types.ts';
