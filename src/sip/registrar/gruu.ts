import { createHmac, randomBytes } from 'node:crypto';
import { sameText } from '../digest/index.ts';
import type { Binding } from './types.ts';

const PREFIX = 'tgruu.';
const RANDOM_BYTES = 9;
const SIGNATURE_CHARACTERS = 22;

/** Characters that a URI parameter may hold (RFC 3261 25.1 pvalue); the others are escaped. */
const escaped = (text: string): string =>
  text
    .replace(/\p{Surrogate}/gu, '')
    .replace(/[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/gu, (character) => encodeURIComponent(character));

/**
 * Globally routable user agent URIs (RFC 5627): one that is public and lasts, and temporary ones that don't tell whose they
 * are. A temporary one is signed over user, device and Call-ID, so that it needs no memory, outlives a restart and ends with
 * the registration that it was made for.
 *
 * @param secret the same in each run
 */
export const createGruus = (secret: string) => {
  const sign = (random: string, user: string, { instance = '', callId }: Binding): Buffer =>
    createHmac('sha256', secret).update(`${random}\n${user}\n${instance}\n${callId}`).digest();
  const signature = (random: string, user: string, binding: Binding): string =>
    sign(random, user, binding).toString('base64url').slice(0, SIGNATURE_CHARACTERS);

  return {
    /** `sip:alice@example.com;gr=urn:uuid:…`; undefined for a device that gave no instance. */
    public: (user: string, domain: string, { instance }: Binding): string | undefined =>
      instance === undefined ? undefined : `sip:${user}@${domain};gr=${escaped(instance)}`,
    /** A new one each time; all of them lead to the device until it registers with another Call-ID or not at all. */
    temporary: (user: string, domain: string, binding: Binding): string => {
      const random = randomBytes(RANDOM_BYTES).toString('base64url');
      return `sip:${PREFIX}${random}.${signature(random, user, binding)}@${domain};gr`;
    },
    /** Whether the `gr` parameter of a user's public GRUU means this binding. */
    isPublicOf: (gr: string, { instance }: Binding): boolean =>
      instance !== undefined && gr === escaped(instance),
    /** Whether a URI's user part is a temporary GRUU at all. */
    isTemporary: (userPart: string): boolean => userPart.startsWith(PREFIX),
    /** Whether a temporary GRUU's user part means this binding. */
    isTemporaryOf: (userPart: string, user: string, binding: Binding): boolean => {
      const [random = '', given = ''] = userPart.slice(PREFIX.length).split('.');
      return sameText(given, signature(random, user, binding));
    },
  };
};

export type Gruus = ReturnType<typeof createGruus>;
