export { createSipEngine } from './engine.ts';
export {
  hostForWire,
  parseNameAddressList,
  parseUri,
  type SipUri,
  splitHeaderList,
} from './message/index.ts';
export { startSipEngineThread } from './thread.ts';
export type {
  Admission,
  Ban,
  BanChange,
  SipEngine,
  SipEngineOptions,
  SipEngineStats,
  SipTimers,
  TlsOptions,
  TlsPeer,
} from './types.ts';
export { readNetwork } from './wall/index.ts';
