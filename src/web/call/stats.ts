/** What one look at a call's statistics says; counters since the call began, levels 0 to 1. */
export type MediaReading = {
  readonly at: number;
  readonly received: number;
  readonly lost: number;
  readonly jitterMs: number;
  readonly rttMs: number | undefined;
  /** Loudness of the microphone; undefined where the browser does not tell. */
  readonly microphone: number | undefined;
};

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

/** Share of what was sent between two readings that did not come, in percent; undefined when nothing was. */
export const lossBetween = (before: MediaReading, now: MediaReading): number | undefined => {
  const received = now.received - before.received;
  // A late packet counts as lost first and is taken back afterwards.
  const lost = Math.max(0, now.lost - before.lost);
  return received + lost > 0 ? (100 * lost) / (received + lost) : undefined;
};

/** How what is said goes out. */
export type Outward = {
  /** `audio/opus`, as the statistics name it; undefined before anything was sent. */
  readonly codec: string | undefined;
  /** Packets of ours that the other side missed of late, as its last report says; undefined without one. */
  readonly lossPercent: number | undefined;
};

/** Reads the sending side of a call's statistics. */
export const outwardOf = (stats: Iterable<Entry>): Outward => {
  const entries = [...stats];
  const outbound = entries.find(({ type, kind }) => type === 'outbound-rtp' && kind !== 'video');
  const codec = entries.find(({ type, id }) => type === 'codec' && id === outbound?.['codecId']);
  const report = entries.find(({ type }) => type === 'remote-inbound-rtp');
  const mime = codec?.['mimeType'];
  const lost = numberOf(report, 'fractionLost');
  return {
    codec: typeof mime === 'string' ? mime.toLowerCase() : undefined,
    lossPercent: lost === undefined ? undefined : Math.min(100, Math.max(0, 100 * lost)),
  };
};
