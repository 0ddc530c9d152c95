import type { Words } from '../words/index.ts';

type Reason = keyof Words['problems']['refused']['reasons'];

/** SIP statuses (RFC 3261 section 21) that mean something to a person. */
const REASONS: Readonly<Record<number, Reason>> = {
  401: 'forbidden',
  403: 'forbidden',
  404: 'notFound',
  407: 'forbidden',
  408: 'noAnswer',
  410: 'notFound',
  480: 'unavailable',
  484: 'notFound',
  486: 'busy',
  488: 'media',
  503: 'overloaded',
  600: 'busy',
  603: 'declined',
  604: 'notFound',
  606: 'media',
};

export const reasonOf = (status: number): Reason => REASONS[status] ?? 'other';
