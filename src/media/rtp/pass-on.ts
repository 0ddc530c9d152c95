import type { Ears } from './ears.ts';
import type { Heard } from './incoming.ts';
import { createNarrower, NARROWED, type Narrower } from './narrower.ts';
import { RTP_HEADER } from './packet.ts';
import type { Sender } from './sender.ts';

/** A leg of which others hear the peer. */
type Speaking = {
  readonly number: number;
  readonly listeners: readonly Pick<Sender, 'takesOpus' | 'relay'>[];
};

/** Brings what a leg's peer says to this machine's own ears and to whoever hears the leg. */
export type PassOn = {
  readonly heard: Heard;
  /** Opus is to come: for those without it everything is made ready. */
  expectOpus(): void;
  close(): void;
};

/** @param leg asked for anew each time */
export const createPassOn = (leg: () => Speaking, ears: Ears): PassOn => {
  let narrower: Narrower | undefined;

  const expectOpus = (): Narrower => {
    narrower ??= createNarrower();
    return narrower;
  };

  /** Opus as it is for those who take it, as G.711 for everybody else. */
  const passOpus: Heard = (packet, start, end, _kind, ssrc, now) => {
    const { number, listeners } = leg();
    const isNeeded = ears.open || listeners.some(({ takesOpus }) => !takesOpus);
    const law = isNeeded ? expectOpus().take(packet, start, end) : undefined;
    if (law !== undefined) ears.hear(law, RTP_HEADER, law.length, NARROWED, ssrc, now);
    const last = listeners.length - 1;
    for (let i = 0; i <= last; i += 1) {
      const listener = listeners[i];
      if (listener?.takesOpus) listener.relay(number, packet, start, end, 'opus', now, i === last);
      else if (law !== undefined)
        listener?.relay(number, law, RTP_HEADER, law.length, NARROWED, now, i === last);
    }
  };

  return {
    heard(packet, start, end, kind, ssrc, now) {
      if (kind === 'opus') {
        passOpus(packet, start, end, kind, ssrc, now);
        return;
      }
      const passed = ears.hear(packet, start, end, kind, ssrc, now);
      const { number, listeners } = leg();
      const last = listeners.length - 1;
      for (let i = 0; i <= last; i += 1) {
        listeners[i]?.relay(number, packet, start, end, passed, now, i === last);
      }
    },
    expectOpus,
    close() {
      narrower?.close();
      narrower = undefined;
    },
  };
};
