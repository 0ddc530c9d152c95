export { createSipEngine } from './engine.ts';
export { startSipEngineThread } from './thread.ts';
export type { Admission, SipEngine, SipEngineOptions, SipEngineStats, SipTimers } from './types.ts';
