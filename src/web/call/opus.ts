import { type Adaptation, adapt, settingsOf, UNADAPTED } from './opus-adaptation.ts';
import { withOpus } from './opus-text.ts';

/** What was lost within a sample, percent; undefined where nobody knows. */
export type Losses = {
  /** Of what the other side sends. */
  readonly received: number | undefined;
  /** Of what we send, as the other side reports. */
  readonly sent: number | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
};

/** Puts into effect how Opus is to be sent: at once what the browser lets change, the rest with the next descriptions. */
export type Opus = {
  /** Our description asks the other side for it. */
  ours(sdp: string): string;
  /** Theirs is read by our encoder. */
  theirs(sdp: string): string;
  /** Takes a sample of a call that talks Opus into account. */
  hear(losses: Losses, sender: RTCRtpSender | undefined): void;
  stop(): void;
};

/** Descriptions are exchanged again after this long at the earliest. */
const EVERY_MS = 6000;

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
  /** What we ask of the other side, and what we do ourselves. */
  let received: Adaptation = UNADAPTED;
  let sent: Adaptation = UNADAPTED;
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
    ours: (sdp) => withOpus(sdp, settingsOf(received)),
    theirs: (sdp) => withOpus(sdp, settingsOf(sent)),
    hear: (losses, sender) => {
      const before = { received: received.level, sent: sent.level };
      received = adapt(received, losses.received ?? 0, losses.at);
      sent = adapt(sent, losses.sent ?? 0, losses.at);
      if (received.level === before.received && sent.level === before.sent) return;
      if (sender) void limit(sender, settingsOf(sent).maxBitrate).catch(() => undefined);
      plan();
    },
    stop: () => clearTimeout(timer),
  };
};
