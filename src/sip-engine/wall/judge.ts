import { createNetworks } from '../../base/networks.ts';
import type { SipRequest } from '../message/types.ts';
import type { Admission } from '../types.ts';
import type { Offence } from './types.ts';

/** Whether an address is a source of the admission; without an admission nobody is known. */
export const knownTo = (admission: Admission | undefined): ((address: string) => boolean) =>
  createNetworks((admission?.sources ?? []).map(({ cidr }) => cidr)).contains;

/** Answered with 200 whoever asks. */
const TELLS_NOTHING: ReadonlySet<string> = new Set(['OPTIONS', 'CANCEL', 'ACK']);

/** Whether a request shows credentials; whether they are right, its response says. */
export const hasCredentials = ({ headers }: SipRequest): boolean =>
  headers.some(({ key }) => key === 'authorization' || key === 'proxy-authorization');

/**
 * What the final response to a request says about its sender. A challenge to a request without credentials says nothing,
 * or every phone would count; nor does a 404 to credentials that were right.
 */
export const judge = (request: SipRequest, status: number): Offence | 'welcome' | undefined => {
  if (status >= 200 && status < 300) return TELLS_NOTHING.has(request.method) ? undefined : 'welcome';
  if (request.core.toTag !== '') return undefined;
  if (status === 403) return 'unauthorized';
  if (status === 401 || status === 407) return hasCredentials(request) ? 'unauthorized' : undefined;
  if (status === 404 || status === 604) return hasCredentials(request) ? undefined : 'not-found';
  return undefined;
};
