import type { FunnelStage } from './types.ts';

/** A call that a press brought, as the call record has it. */
export type PressCall = {
  readonly way: 'browser' | 'callback' | 'dialler';
  readonly ended: boolean;
  readonly rang: boolean;
  readonly answered: boolean;
  readonly qualified: boolean;
  readonly talkMs: number | null;
  readonly clickToRingMs: number | null;
  /** Stars, 1 to 5. */
  readonly rating: number | null;
};

/** What a page said of a press that the funnel looks at: all but what the call record knows better. */
export const PRESS_EVENTS = [
  'click',
  'confirm_shown',
  'confirm_ok',
  'code_sent',
  'code_ok',
  'mic_granted',
  'mic_denied',
  'mic_missing',
  'mic_busy',
  'token_ok',
  'token_refused',
  'ice_ok',
  'ice_failed',
  'tel_open',
  'fallback_shown',
  'callback_asked',
] as const;
export type PressEvent = (typeof PRESS_EVENTS)[number];

/** What happened, each kind a bit. */
export type PressEvents = number;

const BITS: ReadonlyMap<string, number> = new Map(PRESS_EVENTS.map((type, index) => [type, 1 << index]));

/** Of a name in the log; 0: it is none that the funnel looks at. */
export const eventNamed = (type: string): PressEvents => BITS.get(type) ?? 0;

export const eventsOf = (...types: readonly PressEvent[]): PressEvents =>
  types.reduce((events, type) => events | eventNamed(type), 0);

/** One press of a button, from its click to the end of its call. */
export type Press = {
  /** Tells viewers apart. */
  readonly viewer: number | string;
  readonly events: PressEvents;
  readonly calls: readonly PressCall[];
};

const MICROPHONE_PROBLEMS = eventsOf('mic_denied', 'mic_missing', 'mic_busy');
const MICROPHONE = eventsOf('mic_granted');
const TRIED_SOUND = eventsOf('mic_granted', 'token_refused', 'ice_failed');
const TOKEN = eventsOf('token_ok');
const ICE = eventsOf('ice_ok');
const NO_ICE = eventsOf('ice_failed');
const SHEET = eventsOf('confirm_shown');
const CONFIRMED = eventsOf('confirm_ok');
/** Whoever does one of these wanted to talk in the browser. */
const BROWSER = MICROPHONE_PROBLEMS | TRIED_SOUND | TOKEN | ICE;
const OTHER_WAY = eventsOf('tel_open', 'callback_asked');

/** True when a call in the browser was tried. */
export const triedBrowser = ({ events, calls }: Press): boolean =>
  (events & BROWSER) !== 0 || calls.some(({ way }) => way === 'browser');

/** True when the press led to a call other than in the browser, or to the wish for one. */
export const tookOtherWay = ({ events, calls }: Press): boolean =>
  (events & OTHER_WAY) !== 0 || calls.some(({ way }) => way !== 'browser');

type Reached = Exclude<FunnelStage, 'view'>;

/** How far calls in the browser went; undefined: there is none. */
const reachedByCall = (calls: Press['calls']): Reached | undefined => {
  let furthest: Reached | undefined;
  for (const { way, rang, answered, qualified } of calls) {
    if (way !== 'browser') continue;
    if (answered && qualified) return 'qualified';
    if (answered) furthest = 'answer';
    else if (furthest !== 'answer' && rang) furthest = 'ring';
    furthest ??= 'token';
  }
  return furthest;
};

/**
 * The last stage of a browser call that a press reached. A stage that left no trace counts as reached when a later one did: pages
 * may leave, and beacons get lost. A call that rang nowhere was lost by its lines: sound is looked for later, and no page
 * complained of it. A sheet that was never shown is none to confirm; a token that came while the
 * microphone was refused is no sign that it was given.
 */
export const reachedStage = ({ events, calls }: Press): Reached => {
  const byCall = reachedByCall(calls);
  if (byCall !== undefined && byCall !== 'token') return byCall;
  if ((events & ICE) !== 0) return 'ice';
  if (byCall !== undefined) return (events & NO_ICE) === 0 ? 'ice' : byCall;
  const refused = (events & MICROPHONE_PROBLEMS) !== 0 && (events & MICROPHONE) === 0;
  if ((events & TOKEN) !== 0 && !refused) return 'token';
  if ((events & TRIED_SOUND) !== 0 && !refused) return 'microphone';
  if ((events & (CONFIRMED | BROWSER)) !== 0) return 'confirm';
  return (events & SHEET) !== 0 ? 'click' : 'confirm';
};
