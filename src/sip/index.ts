export type { SipEngineStats } from '../sip-engine/index.ts';
export { type AddressParts, parseAddress } from './address.ts';
export { type CalledNumber, type DidHeader, findCalledNumber } from './called.ts';
export { type Caller, readCaller } from './caller.ts';
export { createDigestVerifier, type DigestCredentials, type DigestVerdict } from './digest.ts';
export { startSipServer } from './server.ts';
export { createTrunkTable, parseSource, type Trunk, type TrunkMatch, type TrunkTable } from './trunks.ts';
export type {
  DialOptions,
  DialResult,
  HangUp,
  IncomingInvite,
  OutgoingInvite,
  PingResult,
  SipDialog,
  SipPeer,
  SipServer,
  SipServerOptions,
} from './types.ts';
