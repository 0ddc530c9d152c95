import type { SipProxy } from './types.ts';

export const createProxy = (): SipProxy => ({
  start: (_txn, _plan, report) => report.refused('error proxying request: not supported'),
  relay: () => false,
  receive: () => false,
  flowClosed: () => {},
  size: 0,
});
