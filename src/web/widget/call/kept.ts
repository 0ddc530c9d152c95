import type { DialogName } from '../../call/sip-text.ts';
import type { CallState, KeptCall } from './contract.ts';
import type { Pass } from './permit.ts';

/** The gateway waits so long for a page that comes back. */
export const RESUME_WITHIN_MS = 15_000;

/** What a call needs besides the microphone, from the token or from the page before. */
export type Needs = Pick<Pass, 'uri' | 'servers' | 'iceServers' | 'resume' | 'maxSeconds'>;

export type Keepable = {
  readonly dialog: DialogName;
  readonly needs: Needs;
  readonly pressId: string;
  /** WebSocket in use: the next page tries it first. */
  readonly server: string | undefined;
  readonly state: CallState;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

/** An answered call, for the next page. */
export const keptOf = ({ dialog, needs, pressId, server, state, now }: Keepable): KeptCall => {
  const { callId, localTag, remoteTag } = dialog;
  const { uri, servers, iceServers, resume, maxSeconds } = needs;
  const { startedAt, answeredAt = now, muted, listenOnly, keys } = state;
  return {
    version: 1,
    savedAt: now,
    ...{ callId, localTag, remoteTag, resume, uri, iceServers, maxSeconds },
    servers: server === undefined ? servers : [server, ...servers.filter((one) => one !== server)],
    ...{ pressId, startedAt, answeredAt, muted, listenOnly, keys },
    microphone: state.devices.microphone,
    speaker: state.devices.speaker,
  };
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TEXTS = ['callId', 'localTag', 'remoteTag', 'resume', 'uri', 'pressId', 'keys'];
const TIMES = ['savedAt', 'maxSeconds', 'startedAt', 'answeredAt'];
const FLAGS = ['muted', 'listenOnly'];
const CHOICES = ['microphone', 'speaker'];

/** What ends up in headers must not end them. */
const isLine = (value: unknown): boolean => typeof value === 'string' && !/[\r\n]/.test(value);

const isKept = (value: unknown): value is KeptCall =>
  isFields(value) &&
  value['version'] === 1 &&
  TEXTS.every((name) => isLine(value[name])) &&
  TIMES.every((name) => Number.isFinite(value[name])) &&
  FLAGS.every((name) => typeof value[name] === 'boolean') &&
  CHOICES.every((name) => value[name] === undefined || typeof value[name] === 'string') &&
  Array.isArray(value['servers']) &&
  value['servers'].length > 0 &&
  value['servers'].every((server) => typeof server === 'string' && /^wss?:\/\//.test(server)) &&
  Array.isArray(value['iceServers']) &&
  value['iceServers'].every(isFields);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/**
 * Reads a call that the page before this one wrote as JSON.
 *
 * @param text of the session storage
 * @param now milliseconds since the epoch
 * @returns undefined for what is something else, or older than 15 s: the gateway has ended that call
 */
export const readKept = (text: string | null | undefined, now: number): KeptCall | undefined => {
  const value = text ? parse(text) : undefined;
  if (!isKept(value)) return undefined;
  const age = now - value.savedAt;
  return age >= 0 && age <= RESUME_WITHIN_MS ? value : undefined;
};
