/** How Opus is spoken over a network (RFC 7587 6.1): what a sender is asked to do. */
export type OpusSettings = {
  /** In-band repair of lost packets. */
  readonly fec: boolean;
  /** Sends next to nothing while nobody speaks. */
  readonly dtx: boolean;
  /** Bit/s; undefined: as the browser likes. */
  readonly maxBitrate: number | undefined;
  /** Length of a packet; undefined: 20. */
  readonly ptimeMs: 20 | 40 | 60 | undefined;
};

export type Adaptation = {
  /** 0: a good network, to 4: a very bad one. */
  readonly level: number;
  /** Loss of the last samples, percent. */
  readonly recent: readonly number[];
  /** Since when the network has been better than the level; milliseconds since the epoch. */
  readonly betterSince: number | undefined;
};

/** Loss above which a level begins, percent. */
const LEVELS = [1, 3, 6, 10];

const SETTINGS: readonly OpusSettings[] = [
  { fec: false, dtx: false, maxBitrate: undefined, ptimeMs: undefined },
  { fec: true, dtx: false, maxBitrate: undefined, ptimeMs: undefined },
  { fec: true, dtx: true, maxBitrate: 32_000, ptimeMs: 20 },
  { fec: true, dtx: true, maxBitrate: 20_000, ptimeMs: 40 },
  { fec: true, dtx: true, maxBitrate: 12_000, ptimeMs: 60 },
];

/** Loss comes in bursts: judged over so many samples of 2 s. */
const SAMPLES = 3;
const RECOVERY_MS = 20_000;

export const UNADAPTED: Adaptation = { level: 0, recent: [], betterSince: undefined };

const levelOf = (lossPercent: number): number => LEVELS.filter((limit) => lossPercent > limit).length;

/**
 * Takes a sample of loss into account: a worse network is adapted to at once, a better one step by step, after 20 s each.
 *
 * @param lossPercent of the last 2 s
 * @param at milliseconds since the epoch
 */
export const adapt = (before: Adaptation, lossPercent: number, at: number): Adaptation => {
  const recent = [...before.recent, Math.min(100, Math.max(0, lossPercent || 0))].slice(-SAMPLES);
  const level = levelOf(recent.reduce((sum, one) => sum + one, 0) / recent.length);
  if (level > before.level) return { level, recent, betterSince: undefined };
  if (level === before.level) return { ...before, recent, betterSince: undefined };
  const betterSince = before.betterSince ?? at;
  if (at - betterSince < RECOVERY_MS) return { ...before, recent, betterSince };
  return { level: before.level - 1, recent, betterSince: at };
};

export const settingsOf = ({ level }: Adaptation): OpusSettings =>
  SETTINGS[Math.min(SETTINGS.length - 1, Math.max(0, level))] ?? {
    fec: false,
    dtx: false,
    maxBitrate: undefined,
    ptimeMs: undefined,
  };
