import type { MediaReading } from './quality.ts';

type Entry = Readonly<Record<string, unknown>>;

const numberOf = (entry: Entry | undefined, name: string): number | undefined => {
  const value = entry?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};

const inMs = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

/** The pair of addresses in use: by the transport's word, or in browsers without it the nominated one. */
const pairOf = (entries: readonly Entry[]): Entry | undefined => {
  const id = entries.find(({ type }) => type === 'transport')?.['selectedCandidatePairId'];
  const pairs = entries.filter(({ type }) => type === 'candidate-pair');
  return pairs.find((pair) => pair['id'] === id) ?? pairs.find((pair) => pair['nominated'] === true);
};

/**
 * Reads a call's statistics (RTCPeerConnection.getStats) of one audio stream each way.
 *
 * @param at when, milliseconds since the epoch
 */
export const readingOf = (stats: Iterable<Entry>, at: number): MediaReading => {
  const entries = [...stats];
  const ofType = (type: string): Entry | undefined => entries.find((entry) => entry['type'] === type);
  const inbound = ofType('inbound-rtp');
  const rtt =
    numberOf(ofType('remote-inbound-rtp'), 'roundTripTime') ??
    numberOf(pairOf(entries), 'currentRoundTripTime');
  return {
    at,
    received: numberOf(inbound, 'packetsReceived') ?? 0,
    lost: numberOf(inbound, 'packetsLost') ?? 0,
    jitterMs: inMs(numberOf(inbound, 'jitter')) ?? 0,
    rttMs: inMs(rtt),
    microphone: numberOf(ofType('media-source'), 'audioLevel'),
  };
};
