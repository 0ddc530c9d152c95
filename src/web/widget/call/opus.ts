import type { OpusSettings } from './adaptation.ts';
import { withOpus } from './opus-text.ts';
import type { Directions } from './watch.ts';

/** Puts into effect how Opus is to be sent: at once what the browser lets change, the rest with the next descriptions. */
export type Opus = {
  /** Our description asks the other side for it. */
  ours(sdp: string): string;
  /** Theirs is read by our encoder. */
  theirs(sdp: string): string;
  adapt(directions: Directions, sender: RTCRtpSender | undefined): void;
  stop(): void;
};

/** Descriptions are exchanged again after this long at the earliest. */
const EVERY_MS = 6000;

const isSame = (one: OpusSettings | undefined, other: OpusSettings): boolean =>
  one !== undefined &&
  one.fec === other.fec &&
  one.dtx === other.dtx &&
  one.maxBitrate === other.maxBitrate &&
  one.ptimeMs === other.ptimeMs;

const limit = async (sender: RTCRtpSender, maxBitrate: number | undefined): Promise<void> => {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings;
  if (!encoding || encoding.maxBitrate === maxBitrate) return;
  if (maxBitrate === undefined) delete encoding.maxBitrate;
  else encoding.maxBitrate = maxBitrate;
  await sender.setParameters(parameters);
};

/** @param negotiate exchanges descriptions again */
export const createOpus = (negotiate: () => void): Opus => {
  let wanted: Directions | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let negotiatedAt = Number.NEGATIVE_INFINITY;

  const plan = (): void => {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        negotiatedAt = performance.now();
        negotiate();
      },
      Math.max(0, negotiatedAt + EVERY_MS - performance.now()),
    );
  };

  return {
    ours: (sdp) => withOpus(sdp, wanted?.received),
    theirs: (sdp) => withOpus(sdp, wanted?.sent),
    adapt: (directions, sender) => {
      const changed =
        !isSame(wanted?.received, directions.received) || !isSame(wanted?.sent, directions.sent);
      wanted = directions;
      if (!changed) return;
      if (sender) void limit(sender, directions.sent.maxBitrate).catch(() => undefined);
      plan();
    },
    stop: () => clearTimeout(timer),
  };
};
