import type { Counters } from './types.ts';

const METHODS: ReadonlySet<string> = new Set([
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'REGISTER',
  'OPTIONS',
  'INFO',
  'PRACK',
  'UPDATE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'MESSAGE',
  'PUBLISH',
]);

/** Whether a method is one of those registered with IANA. */
export const isKnownMethod = (method: string): boolean => METHODS.has(method);

/** Methods named in Allow. */
export const ALLOW =
  'INVITE, ACK, BYE, CANCEL, REGISTER, OPTIONS, INFO, PRACK, UPDATE, SUBSCRIBE, NOTIFY, REFER, MESSAGE, PUBLISH';

/** Adds one under a method; unknown ones share a name, so that strangers can't make the table grow. */
export const count = (table: Map<string, number>, method: string): void => {
  const key = METHODS.has(method) ? method : 'OTHER';
  table.set(key, (table.get(key) ?? 0) + 1);
};

/** Adds one under `METHOD code`. */
export const countResponse = (table: Map<string, number>, method: string, status: number): void => {
  const key = `${METHODS.has(method) ? method : 'OTHER'} ${status}`;
  table.set(key, (table.get(key) ?? 0) + 1);
};

export const createCounters = (): Counters => ({
  droppedStrangers: 0,
  droppedMalformed: 0,
  rejectedMalformed: 0,
  retransmissionsIn: 0,
  retransmissionsOut: 0,
  requestsIn: new Map(),
  requestsOut: new Map(),
  responsesIn: new Map(),
  responsesOut: new Map(),
});
