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

const names = [...METHODS, 'OTHER'];
const numbers: ReadonlyMap<string, number> = new Map(names.map((name, index) => [name, index]));

/** Adds one under a method and a status, as one number: no text is put together for each message. */
export const countResponse = (table: Map<number, number>, method: string, status: number): void => {
  const key = (numbers.get(method) ?? names.length - 1) * 1000 + status;
  table.set(key, (table.get(key) ?? 0) + 1);
};

/** The counts of `countResponse` by `METHOD code`. */
export const responseCounts = (table: ReadonlyMap<number, number>): Record<string, number> =>
  Object.fromEntries(
    [...table].map(([key, count]) => [`${names[Math.floor(key / 1000)]} ${key % 1000}`, count]),
  );

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
  refusedByLimit: {},
});
