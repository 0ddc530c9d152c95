import { parsePhone, type Region } from '../base/phone.ts';
import { parseAddress } from './address.ts';

/** Who calls, as far as the network says and the caller lets it be known. */
export type Caller =
  | { readonly type: 'anonymous' }
  | {
      readonly type: 'known';
      /** E.164 when it is a phone number, else the user part as sent. */
      readonly number: string;
      readonly isPhone: boolean;
      readonly region: Region | undefined;
      readonly display: string | undefined;
    };

type Headers = { header(name: string): string | undefined };

const ANONYMOUS_USERS = new Set(['anonymous', 'restricted', 'private', 'unavailable', 'unknown', 'withheld']);

/** RFC 3323 4.2 and RFC 3325 9.3: any of these asks that the number be kept from the called party. */
const wantsPrivacy = (privacy: string | undefined): boolean =>
  /\b(id|user|full|header)\b/i.test(privacy ?? '');

/**
 * Reads the caller from P-Asserted-Identity (RFC 3325), which the carrier vouches for, else From.
 * A caller who asked for privacy is anonymous even where the carrier's headers still hold the number.
 */
export const readCaller = (headers: Headers, region: Region | undefined): Caller => {
  const from = parseAddress(headers.header('From') ?? '');
  const fromHidden =
    from?.host === 'anonymous.invalid' || ANONYMOUS_USERS.has(from?.user?.toLowerCase() ?? 'anonymous');
  if (fromHidden || wantsPrivacy(headers.header('Privacy'))) return { type: 'anonymous' };

  const asserted = parseAddress(headers.header('P-Asserted-Identity') ?? '');
  for (const identity of [asserted, from]) {
    const phone = identity?.user && parsePhone(identity.user, region);
    if (phone) {
      return {
        type: 'known',
        number: phone.e164,
        isPhone: true,
        region: phone.region,
        display: identity.display ?? from?.display,
      };
    }
  }
  const user = from?.user;
  if (!user) return { type: 'anonymous' };
  return {
    type: 'known',
    number: user.slice(0, 64),
    isPhone: false,
    region: undefined,
    display: from.display,
  };
};
