import { parsePhone, type Region } from '../base/phone.ts';
import { parseAddress } from './address.ts';

/** Where the dialled number may stand. */
export type DidHeader = 'request-uri' | 'to' | 'p-called-party-id' | 'diversion';

export type CalledNumber = {
  /** As the carrier wrote it. */
  readonly raw: string;
  readonly header: DidHeader;
  /** Undefined when it is no phone number. */
  readonly e164: string | undefined;
};

type Headers = { readonly requestUri: string; header(name: string): string | undefined };

const textAt = (headers: Headers, place: DidHeader): string | undefined =>
  place === 'request-uri' ? headers.requestUri : headers.header(place);

/**
 * Finds the dialled number: the first place in the trunk's order that holds a phone number; failing that, the first
 * that holds anything.
 */
export const findCalledNumber = (
  headers: Headers,
  order: readonly DidHeader[],
  region: Region | undefined,
): CalledNumber | undefined => {
  let fallback: CalledNumber | undefined;
  for (const header of order) {
    const raw = parseAddress(textAt(headers, header) ?? '')?.user;
    if (raw === undefined) continue;
    const e164 = parsePhone(raw, region)?.e164;
    if (e164) return { raw, header, e164 };
    fallback ??= { raw: raw.slice(0, 64), header, e164: undefined };
  }
  return fallback;
};
