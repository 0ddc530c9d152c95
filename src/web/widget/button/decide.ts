import type { ButtonFacts, Decision, Obstacle } from './contract.ts';

export type Device = 'phone' | 'tablet' | 'desktop';

/** What a browser says of the device that it runs on. */
export type DeviceSigns = {
  /** `navigator.userAgentData.mobile`; undefined where there are no client hints. */
  readonly mobile: boolean | undefined;
  readonly userAgent: string;
  readonly touchPoints: number;
  /** The main pointer is a finger. */
  readonly coarse: boolean;
  /** The screen's shorter side, CSS pixels; it stays the same where a page is shown as on a desktop. */
  readonly shortSide: number;
};

/** Phones' screens are narrower, tablets' wider. */
const PHONE_SIDE = 500;
const PHONE_WORDS = /iPhone|iPod|Android.+Mobile|Windows Phone|HarmonyOS.+Mobile/;
const TABLET_WORDS = /iPad|Macintosh|Android(?!.+Mobile)/;

/**
 * What device a browser runs on. A phone that shows pages as on a desktop says that it is none; its finger and its small
 * screen give it away. An iPad says that it is a Macintosh. A hint of a phone is not believed where both user agent and
 * screen are a tablet's.
 */
export const deviceOf = ({ mobile, userAgent, touchPoints, coarse, shortSide }: DeviceSigns): Device => {
  if (mobile && (shortSide < PHONE_SIDE || !TABLET_WORDS.test(userAgent))) return 'phone';
  if (!touchPoints) return 'desktop';
  const isNarrow = coarse && shortSide < PHONE_SIDE;
  if (isNarrow || (mobile === undefined && PHONE_WORDS.test(userAgent))) return 'phone';
  return coarse || /iPad/.test(userAgent) ? 'tablet' : 'desktop';
};

/** What is known at the moment of a press, without asking anybody. */
export type Probe = {
  readonly device: Device;
  /** Served over HTTPS, or from this machine. */
  readonly secure: boolean;
  /** RTCPeerConnection, getUserMedia and WebSocket. */
  readonly webrtc: boolean;
  /** In a frame whose owner does not let it have a microphone. */
  readonly framed: boolean;
  readonly permission: PermissionState | 'unknown';
};

/** What was pressed: the button itself, or "call in the browser" beside it. */
export type Wish = 'press' | 'browser';

type Asked = Pick<ButtonFacts, 'mobile' | 'open' | 'closed' | 'web'> & {
  readonly callback: Pick<ButtonFacts['callback'], 'enabled'>;
};

/** Why the browser can't call, if it can't. */
const obstacleTo = (web: boolean, probe: Probe): Obstacle | undefined => {
  if (!web) return 'no-web';
  if (!probe.secure) return 'insecure';
  if (!probe.webrtc) return 'no-webrtc';
  return probe.framed ? 'framed' : undefined;
};

const offer = (why: Obstacle, first: 'callback' | 'number'): Decision => ({ type: 'offer', why, first });

/** What a press leads to. Who is not there is said before the microphone is asked for. */
export const decide = (facts: Asked, probe: Probe, wish: Wish): Decision => {
  const { open, closed, mobile, web, callback } = facts;
  const obstacle = obstacleTo(web, probe);
  const hasDialler = probe.device === 'phone' && wish === 'press';
  if (!open && closed === 'callback' && callback.enabled) return offer('closed', 'callback');
  // A phone whose browser can't call has still its dialler.
  if (hasDialler && (mobile === 'dial' || obstacle)) return { type: 'dial' };
  if (!open && closed !== 'voicemail') return offer('closed', 'number');
  if (obstacle) return offer(obstacle, 'number');
  const { permission } = probe;
  return {
    type: 'call',
    microphone: permission === 'granted' || permission === 'denied' ? permission : 'ask',
    voicemail: !open,
  };
};

/** Whether a phone is offered a call in the browser, beside its dialler. */
export const offersBrowser = (facts: Asked, probe: Probe): boolean =>
  decide(facts, probe, 'press').type === 'dial' && decide(facts, probe, 'browser').type === 'call';
