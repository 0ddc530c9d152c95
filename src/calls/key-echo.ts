/** Some phones send a key both ways; within this time the second is the same press. */
const ECHO_MS = 250;

/** How a key came: RFC 4733, a tone in the audio, INFO. */
export type KeyWay = 'event' | 'tone' | 'info';

/** Tells whether a key is one that was told already, since it came another way a moment ago. */
export const createKeyEcho = (now: () => number): ((key: string, way: KeyWay) => boolean) => {
  let last: { readonly key: string; readonly way: KeyWay; readonly at: number } | undefined;
  return (key, way) => {
    const before = last;
    last = { key, way, at: now() };
    return before !== undefined && before.key === key && before.way !== way && last.at - before.at < ECHO_MS;
  };
};
