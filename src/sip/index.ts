export type { Ban, BanChange, SipEngineStats } from '../sip-engine/index.ts';
export { type AddressParts, escapeUser, parseAddress } from './address.ts';
export { type BanRequest, banByHand, banObjection, banTarget } from './bans.ts';
export { type CalledNumber, type DidHeader, findCalledNumber } from './called.ts';
export { type Caller, readCaller } from './caller.ts';
export {
  type Authorizer,
  type CredentialHeaders,
  claimedUsername,
  createAuthorizer,
  createDigestClient,
  createDigestVerifier,
  DIGEST_ALGORITHMS,
  type DigestAccount,
  type DigestAlgorithm,
  type DigestClient,
  type DigestRequest,
  type DigestVerdict,
  type DigestVerifier,
  type DigestVerifierOptions,
  hashedA1,
  isStale,
} from './digest/index.ts';
export {
  type ContactTarget,
  createRegistrar,
  type IncomingRegister,
  type Reachability,
  type RegisterResponse,
  type Registrar,
  type RegistrarOptions,
} from './registrar/index.ts';
export { startSipServer } from './server.ts';
export {
  type Admittance,
  applyHeaderRules,
  createTrunkOperation,
  createTrunkTable,
  type DigestCredentials,
  type HealthEvent,
  parseSource,
  type Trunk,
  type TrunkMatch,
  type TrunkOperation,
  type TrunkRoute,
  type TrunkStatus,
  type TrunkTable,
  trunkTlsPeers,
} from './trunk/index.ts';
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
  SipWall,
} from './types.ts';
