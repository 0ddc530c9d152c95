import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DeviceSigns,
  decide,
  deviceOf,
  offersBrowser,
  type Probe,
} from '../../../../src/web/widget/button/decide.ts';

const UA = {
  pixel:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
  androidTablet:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  linux:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  windows:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  oldIpad:
    'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1',
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
  firefoxPhone: 'Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0',
  firefoxTablet: 'Mozilla/5.0 (Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0',
  huaweiTablet:
    'Mozilla/5.0 (Linux; Android 10; HarmonyOS; MRR-W29) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0 Safari/537.36',
};

const finger = { touchPoints: 5, coarse: true };
const mouse = { touchPoints: 0, coarse: false };
const signs = (given: Partial<DeviceSigns>): DeviceSigns => ({
  mobile: undefined,
  userAgent: UA.linux,
  shortSide: 900,
  ...mouse,
  ...given,
});

describe('deviceOf', () => {
  it.each<[string, Partial<DeviceSigns>, string]>([
    ['Chrome on a phone', { mobile: true, userAgent: UA.pixel, ...finger, shortSide: 412 }, 'phone'],
    [
      'Chrome on a tablet',
      { mobile: false, userAgent: UA.androidTablet, ...finger, shortSide: 800 },
      'tablet',
    ],
    [
      'Chrome on a phone that asks for the desktop page',
      { mobile: false, userAgent: UA.linux, ...finger, shortSide: 412 },
      'phone',
    ],
    ['Chrome on a desktop', { mobile: false, userAgent: UA.windows }, 'desktop'],
    [
      'a laptop with a touch screen',
      { mobile: false, userAgent: UA.windows, touchPoints: 10, coarse: false, shortSide: 864 },
      'desktop',
    ],
    ['an iPhone', { userAgent: UA.iphone, ...finger, shortSide: 390 }, 'phone'],
    ['an iPhone that asks for the desktop page', { userAgent: UA.mac, ...finger, shortSide: 390 }, 'phone'],
    [
      'an iPad, which says that it is a Macintosh',
      { userAgent: UA.mac, ...finger, shortSide: 820 },
      'tablet',
    ],
    [
      'an iPad with a mouse',
      { userAgent: UA.oldIpad, touchPoints: 5, coarse: false, shortSide: 768 },
      'tablet',
    ],
    ['an old iPad', { userAgent: UA.oldIpad, ...finger, shortSide: 768 }, 'tablet'],
    ['a Macintosh', { userAgent: UA.mac }, 'desktop'],
    ['Firefox on a phone', { userAgent: UA.firefoxPhone, ...finger, shortSide: 412 }, 'phone'],
    ['Firefox on a tablet', { userAgent: UA.firefoxTablet, ...finger, shortSide: 800 }, 'tablet'],
    ['a large Firefox phone', { userAgent: UA.firefoxPhone, ...finger, shortSide: 520 }, 'phone'],
    ['a tablet with HarmonyOS', { userAgent: UA.huaweiTablet, ...finger, shortSide: 800 }, 'tablet'],
    ['a desktop that says it is a phone', { userAgent: UA.iphone, ...mouse }, 'desktop'],
  ])('%s', (_, given, device) => {
    expect(deviceOf(signs(given))).toBe(device);
  });
});

const BOTH = [true, false] as const;
const AXES = {
  device: ['phone', 'tablet', 'desktop'],
  secure: BOTH,
  webrtc: BOTH,
  framed: BOTH,
  permission: ['granted', 'prompt', 'denied', 'unknown'],
  mobile: ['dial', 'browser'],
  open: BOTH,
  closed: ['callback', 'voicemail', 'number'],
  web: BOTH,
  enabled: BOTH,
  wish: ['press', 'browser'],
} as const;
type Case = { readonly [Axis in keyof typeof AXES]: (typeof AXES)[Axis][number] };

const CASES = Object.entries(AXES).reduce<Partial<Case>[]>(
  (cases, [axis, values]) => cases.flatMap((each) => values.map((value) => ({ ...each, [axis]: value }))),
  [{}],
) as Case[];

const probeOf = ({ device, secure, webrtc, framed, permission }: Case): Probe => ({
  device,
  secure,
  webrtc,
  framed,
  permission,
});
const factsOf = ({ mobile, open, closed, web, enabled }: Case) => ({
  mobile,
  open,
  closed,
  web,
  callback: { enabled },
});
const decided = (each: Case) => decide(factsOf(each), probeOf(each), each.wish);

const canCall = ({ web, secure, webrtc, framed }: Case): boolean => web && secure && webrtc && !framed;
const onDialler = ({ device, wish }: Case): boolean => device === 'phone' && wish === 'press';
const leavesNumber = ({ open, closed, enabled }: Case): boolean => !open && closed === 'callback' && enabled;
const isTaken = ({ open, closed }: Case): boolean => open || closed === 'voicemail';
const offered = (why: string, first = 'number') => ({ type: 'offer', why, first });

/** The tree, from its top: the first line that fits holds. */
const TREE: readonly (readonly [string, (each: Case) => boolean, object])[] = [
  ['closed: leave a number', leavesNumber, offered('closed', 'callback')],
  ['a telephone dials', (each) => onDialler(each) && each.mobile === 'dial', { type: 'dial' }],
  [
    'a telephone that can do nothing else dials',
    (each) => onDialler(each) && !canCall(each),
    { type: 'dial' },
  ],
  ['closed: before any question for a microphone', (each) => !isTaken(each), offered('closed')],
  ['no gateway for it', ({ web }) => !web, offered('no-web')],
  ['no HTTPS', ({ secure }) => !secure, offered('insecure')],
  ['no WebRTC', ({ webrtc }) => !webrtc, offered('no-webrtc')],
  ['a frame without a microphone', ({ framed }) => framed, offered('framed')],
  ['a machine takes the call', ({ open }) => !open, { type: 'call', voicemail: true }],
  ['a call', () => true, { type: 'call', voicemail: false }],
];

describe('decide', () => {
  it('answers every combination of what matters as the tree says', () => {
    expect(CASES).toHaveLength(3 * 8 * 4 * 2 * 2 * 3 * 2 * 2 * 2);
    const reached = new Set<string>();
    const wrong = CASES.flatMap((each) => {
      const [line = '', , wanted = {}] = TREE.find(([, fits]) => fits(each)) ?? [];
      reached.add(line);
      const { microphone: _, ...got } = { microphone: '', ...decided(each) };
      const isRight =
        JSON.stringify(Object.entries(got).sort()) === JSON.stringify(Object.entries(wanted).sort());
      return isRight ? [] : [{ line, each, got }];
    });
    expect(wrong).toEqual([]);
    expect(reached.size).toBe(TREE.length);
  });

  it.each([
    ['granted', 'granted'],
    ['denied', 'denied'],
    ['prompt', 'ask'],
    ['unknown', 'ask'],
  ] as const)('a word before the browser’s question: %s', (permission, microphone) => {
    const probe: Probe = { device: 'desktop', secure: true, webrtc: true, framed: false, permission };
    const facts = {
      mobile: 'dial',
      open: true,
      closed: 'number',
      web: true,
      callback: { enabled: true },
    } as const;
    expect(decide(facts, probe, 'press')).toEqual({ type: 'call', microphone, voicemail: false });
  });

  it('offers the browser beside the dialler where it can call', () => {
    const wrong = CASES.filter((each) => {
      const wanted = each.device === 'phone' && each.mobile === 'dial' && canCall(each) && isTaken(each);
      return offersBrowser(factsOf(each), probeOf(each)) !== wanted;
    });
    expect(wrong).toEqual([]);
  });

  it('never takes a desktop for a telephone, whatever it says of itself', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 300, max: 3000 }), (userAgent, shortSide) => {
        expect(deviceOf(signs({ userAgent, shortSide, mobile: false }))).toBe('desktop');
      }),
    );
  });
});
