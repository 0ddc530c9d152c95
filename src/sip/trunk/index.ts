export { applyHeaderRules } from './header-rules.ts';
export type { HealthEvent } from './health.ts';
export type { Admittance } from './load.ts';
export {
  createTrunkOperation,
  type TrunkOperation,
  type TrunkRoute,
  type TrunkStatus,
} from './operation.ts';
export {
  createTrunkTable,
  type DigestCredentials,
  parseSource,
  type Trunk,
  type TrunkGateway,
  type TrunkMatch,
  type TrunkTable,
} from './table.ts';
export { trunkTlsPeers } from './tls-peers.ts';
