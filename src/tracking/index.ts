/** Which ad made the phone ring: the tracking plan in the database, visits, leases, and the source of each call. */
export { type Attribution, attribute, attributeButton } from './attribution.ts';
export * from './dni/index.ts';
export { appendEvents } from './events.ts';
export * from './experiments/index.ts';
export * from './leases/index.ts';
export * from './matching/index.ts';
export * from './models/index.ts';
export * from './people/index.ts';
export * from './plan/index.ts';
export * from './rules/index.ts';
export * from './spend/index.ts';
export type * from './types.ts';
export * from './visits/index.ts';
