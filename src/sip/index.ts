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
} from './digest/index.ts';
export {
  type ContactTarget,
  createRegistrar,
  type Reachability,
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
  DialogId,
  DialResult,
  HangUp,
  IncomingInvite,
  IncomingRegister,
  OutgoingInvite,
  PingResult,
  Refer,
  RegisterResponse,
  SipDialog,
  SipPeer,
  SipServer,
  SipServerOptions,
  SipWall,
} from './types.ts';
