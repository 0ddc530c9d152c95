import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { randomSecret } from '../base/ids.ts';
import { signingKeys } from './keys.ts';
import type { CallPass } from './types.ts';

const ISSUER = 'dialtrace';
/** RFC 8725 3.1: one algorithm, whatever a token's head says. */
const ALGORITHM = 'EdDSA';
const JTI_BYTES = 16;

/** A call begins within so many seconds of its token. */
export const CALL_SECONDS = 60;
/** A number that was proven by a code stays proven for one press so many seconds. */
export const PROOF_SECONDS = 600;

/** Each kind of token is good for one thing: its own `typ` and audience (RFC 8725 3.11, 3.12). */
type Kind = 'call' | 'resume' | 'proof';

const word = z.string();
const maybe = z.string().optional();

const callClaims = z.object({
  jti: word,
  exp: z.number(),
  button: word,
  site: word,
  origin: word,
  press: word,
  viewer: word,
  visit: maybe,
  experiment: maybe,
  arm: maybe,
  intent: maybe,
  page: maybe,
  device: z.enum(['phone', 'tablet', 'desktop', 'other']),
  pressed: z.number(),
  verified: z.enum(['none', 'confirm', 'sms']),
  number: maybe,
  language: word,
  network: word,
});

const resumeClaims = z.object({ press: word, site: word, origin: word });
const proofClaims = z.object({ press: word, button: word, number: word });

/** Which press goes on, and where its page is. */
export type Resume = { readonly pressId: string; readonly siteId: string; readonly origin: string };

/** Whose number was proven, for which press of which button. */
export type Proof = {
  readonly pressId: string;
  readonly buttonId: string;
  /** By the vault, base64url. */
  readonly sealedNumber: string;
};

export type Reading<T> =
  | { readonly type: 'good'; readonly value: T }
  | { readonly type: 'bad'; readonly why: 'forged' | 'expired' };

export type Tokens = {
  /** @returns a JWT for one call, good for {@link CALL_SECONDS} from `now` */
  call(pass: Omit<CallPass, 'jti' | 'expiresAt'>, now: number): Promise<string>;
  readCall(token: string, now: number): Promise<Reading<CallPass>>;
  /** @param seconds how long it is good for */
  resume(resume: Resume, seconds: number, now: number): Promise<string>;
  readResume(token: string, now: number): Promise<Reading<Resume>>;
  proof(proof: Proof, now: number): Promise<string>;
  readProof(token: string, now: number): Promise<Reading<Proof>>;
};

/** Members that are undefined are left out of the claims. */
const present = (claims: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));

const claimsOf = (pass: Omit<CallPass, 'jti' | 'expiresAt'>): Record<string, unknown> =>
  present({
    button: pass.buttonId,
    site: pass.siteId,
    origin: pass.origin,
    press: pass.pressId,
    viewer: pass.viewer,
    visit: pass.visitId,
    experiment: pass.experimentId,
    arm: pass.arm,
    intent: pass.intent,
    page: pass.page,
    device: pass.device,
    pressed: pass.pressedAt,
    verified: pass.verified,
    number: pass.sealedNumber,
    language: pass.language,
    network: pass.network,
  });

const passOf = (claims: z.output<typeof callClaims>): CallPass => ({
  jti: claims.jti,
  buttonId: claims.button,
  siteId: claims.site,
  origin: claims.origin,
  pressId: claims.press,
  viewer: claims.viewer,
  visitId: claims.visit,
  experimentId: claims.experiment,
  arm: claims.arm,
  intent: claims.intent,
  page: claims.page,
  device: claims.device,
  pressedAt: claims.pressed,
  verified: claims.verified,
  sealedNumber: claims.number,
  language: claims.language,
  network: claims.network,
  expiresAt: claims.exp,
});

/**
 * Signed tokens (JWT, RFC 7519; EdDSA, RFC 8037). All times in milliseconds since the epoch.
 *
 * @param seed of the key: 32 bytes, hex
 */
export const createTokens = (seed: string): Tokens => {
  const keys = signingKeys(seed);

  const make = (
    kind: Kind,
    claims: Record<string, unknown>,
    seconds: number,
    now: number,
  ): Promise<string> => {
    const issued = Math.floor(now / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: `dialtrace-${kind}+jwt` })
      .setIssuer(ISSUER)
      .setAudience(`dialtrace:${kind}`)
      .setIssuedAt(issued)
      .setExpirationTime(issued + seconds)
      .setJti(randomSecret(JTI_BYTES))
      .sign(keys.sign);
  };

  const read = async <S extends z.ZodType>(
    kind: Kind,
    schema: S,
    token: string,
    now: number,
  ): Promise<Reading<z.output<S>>> => {
    try {
      const { payload } = await jwtVerify(token, keys.verify, {
        algorithms: [ALGORITHM],
        typ: `dialtrace-${kind}+jwt`,
        issuer: ISSUER,
        audience: `dialtrace:${kind}`,
        requiredClaims: ['exp', 'iat', 'jti'],
        currentDate: new Date(now),
      });
      const claims = schema.safeParse(payload);
      return claims.success ? { type: 'good', value: claims.data } : { type: 'bad', why: 'forged' };
    } catch (error) {
      return { type: 'bad', why: error instanceof errors.JWTExpired ? 'expired' : 'forged' };
    }
  };

  const mapped = <A, B>(reading: Reading<A>, map: (value: A) => B): Reading<B> =>
    reading.type === 'good' ? { type: 'good', value: map(reading.value) } : reading;

  return {
    call: (pass, now) => make('call', claimsOf(pass), CALL_SECONDS, now),
    readCall: async (token, now) => mapped(await read('call', callClaims, token, now), passOf),
    resume: ({ pressId, siteId, origin }, seconds, now) =>
      make('resume', { press: pressId, site: siteId, origin }, seconds, now),
    readResume: async (token, now) =>
      mapped(await read('resume', resumeClaims, token, now), ({ press, site, origin }) => ({
        pressId: press,
        siteId: site,
        origin,
      })),
    proof: ({ pressId, buttonId, sealedNumber }, now) =>
      make('proof', { press: pressId, button: buttonId, number: sealedNumber }, PROOF_SECONDS, now),
    readProof: async (token, now) =>
      mapped(await read('proof', proofClaims, token, now), ({ press, button, number }) => ({
        pressId: press,
        buttonId: button,
        sealedNumber: number,
      })),
  };
};
