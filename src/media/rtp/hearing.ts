import type { EdgeLeg } from './leg.ts';

/** `listener`'s peer hears the peers of `speakers` from now on, and nobody else. */
export const hear = (listener: EdgeLeg, speakers: readonly EdgeLeg[]): void => {
  for (const before of listener.speakers) {
    before.listeners = before.listeners.filter((leg) => leg !== listener);
  }
  const wanted = [...new Set(speakers)];
  for (const speaker of wanted) speaker.listeners = [...speaker.listeners, listener];
  listener.speakers = wanted;
  listener.mix.listen(wanted.map(({ number }) => number));
};

/** Nobody hears `leg`'s peer any more, and it hears nobody. */
export const part = (leg: EdgeLeg): void => {
  hear(leg, []);
  for (const listener of leg.listeners) {
    hear(
      listener,
      listener.speakers.filter((speaker) => speaker !== leg),
    );
  }
};
