import type { ButtonPlan, GatewayConfig } from '../config/index.ts';
import type { LivePlan, Turns } from '../tracking/index.ts';
import { createPlaces, type PlaceKey } from './limits.ts';
import { isOwnMachine } from './networks.ts';
import { useOnce } from './single-use.ts';
import type { Tokens } from './tokens.ts';
import type { ButtonCalls, CallPass, PassVerdict } from './types.ts';

export type AdmissionOptions = {
  readonly tokens: Tokens;
  readonly turns: Turns;
  readonly plan: () => Pick<LivePlan, 'buttons'>;
  readonly limits: GatewayConfig['buttons']['limits'];
  /** Pseudonym of the network of an address. */
  readonly networkName: (address: string) => string;
  /** The SIP server doesn't tell whose page an INVITE comes from: it is let in by its token alone. */
  readonly originUnknown: 'refused' | 'accepted';
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of each pass that let a call in. */
  readonly onAdmitted?: ((pass: CallPass) => void) | undefined;
};

/** What calls and pages ask of places. */
export type Admission = ButtonCalls & {
  /** Whether one more call of that address would be too many; takes no place. */
  full(siteId: string, address: string): boolean;
};

type Refused = Extract<PassVerdict, { readonly type: 'refused' }>;

const refused = (status: Refused['status'], why: Refused['why'], reason: string): Refused => ({
  type: 'refused',
  status,
  why,
  reason,
});

/** Lets calls of pages in: by a token, once, from where it was asked for, and not too many at once. */
export const createAdmission = (options: AdmissionOptions): Admission => {
  const { tokens, turns, plan, limits, networkName, originUnknown, now, onAdmitted } = options;
  const places = createPlaces();

  const isFrom = (origin: string | undefined, expected: string): boolean =>
    origin === undefined ? originUnknown === 'accepted' : origin.toLowerCase() === expected;

  const keysOf = (siteId: string, networks: readonly string[]): readonly PlaceKey[] => [
    ...[...new Set(networks)].map((name) => ({ key: `address ${name}`, most: limits.callsPerAddress })),
    { key: `site ${siteId}`, most: limits.callsPerSite },
  ];

  /** Both the page's place and the call's: else tokens fetched from everywhere would be as many calls of one machine. */
  const networksOf = ({ network }: Pick<CallPass, 'network'>, address: string): readonly string[] =>
    isOwnMachine(address) ? [network] : [network, networkName(address)];

  const buttonOf = ({ buttonId, siteId }: CallPass): ButtonPlan | undefined => {
    const button = plan().buttons.get(buttonId);
    return button?.site === siteId ? button : undefined;
  };

  const admit = async (token: string, origin: string | undefined): Promise<PassVerdict> => {
    const at = now();
    const reading = await tokens.readCall(token, at);
    if (reading.type === 'bad') {
      const reason =
        reading.why === 'expired' ? 'the token has expired' : 'the token is none of this gateway';
      return refused(403, reading.why, reason);
    }
    const pass = reading.value;
    if (!isFrom(origin, pass.origin)) return refused(403, 'origin', 'the token was given to another page');
    const button = buttonOf(pass);
    if (button === undefined) return refused(404, 'unknown-button', 'there is no such button any more');
    const fresh = await turns.take((file) => useOnce(file, pass.jti, pass.expiresAt * 1000 + 1000, at));
    if (!fresh) return refused(403, 'used', 'the token was used before');
    onAdmitted?.(pass);
    return { type: 'accepted', pass, button };
  };

  return {
    admit: (token, origin) =>
      admit(token, origin).catch(() => refused(503, 'unavailable', 'the token can not be checked now')),
    resumes: async (token, origin) => {
      const reading = await tokens.readResume(token, now());
      return reading.type === 'good' && isFrom(origin, reading.value.origin)
        ? reading.value.pressId
        : undefined;
    },
    enter: (pass, address) => places.enter(keysOf(pass.siteId, networksOf(pass, address))),
    full: (siteId, address) => places.full(keysOf(siteId, [networkName(address)])),
  };
};
