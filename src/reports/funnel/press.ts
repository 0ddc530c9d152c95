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

/** One press of a button, from its click to the end of its call. */
export type Press = {
  readonly viewer: string;
  readonly events: ReadonlySet<PressEvent>;
  readonly calls: readonly PressCall[];
};

const MICROPHONE_PROBLEMS = ['mic_denied', 'mic_missing', 'mic_busy'] as const;
/** Whoever does one of these wanted to talk in the browser. */
const BROWSER = [
  'mic_granted',
  ...MICROPHONE_PROBLEMS,
  'token_ok',
  'token_refused',
  'ice_ok',
  'ice_failed',
] as const;

const some = (events: Press['events'], types: readonly PressEvent[]): boolean =>
  types.some((type) => events.has(type));

/** True when a call in the browser was tried. */
export const triedBrowser = ({ events, calls }: Press): boolean =>
  some(events, BROWSER) || calls.some(({ way }) => way === 'browser');

/** True when the press led to a call other than in the browser, or to the wish for one. */
export const tookOtherWay = ({ events, calls }: Press): boolean =>
  some(events, ['tel_open', 'callback_asked']) || calls.some(({ way }) => way !== 'browser');

type Reached = Exclude<FunnelStage, 'view'>;

/**
 * The last stage of a browser call that a press reached. A stage that left no trace counts as reached when a later one did: pages
 * may leave, and beacons get lost. A sheet that was never shown is none to confirm; a token that came while the
 * microphone was refused is no sign that it was given.
 */
export const reachedStage = (press: Press): Reached => {
  const { events } = press;
  const calls = press.calls.filter(({ way }) => way === 'browser');
  const answered = calls.filter((call) => call.answered);
  if (answered.some(({ qualified }) => qualified)) return 'qualified';
  if (answered.length > 0) return 'answer';
  if (calls.some(({ rang }) => rang)) return 'ring';
  if (events.has('ice_ok')) return 'ice';
  if (calls.length > 0) return 'token';
  const refused = some(events, MICROPHONE_PROBLEMS) && !events.has('mic_granted');
  if (events.has('token_ok') && !refused) return 'token';
  if (some(events, ['mic_granted', 'token_refused', 'ice_failed']) && !refused) return 'microphone';
  if (events.has('confirm_ok') || triedBrowser(press)) return 'confirm';
  return events.has('confirm_shown') ? 'click' : 'confirm';
};
