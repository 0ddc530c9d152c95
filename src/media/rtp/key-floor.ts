/** RFC 4733 2.5.1.4: the end of an event is sent three times, which may take this long. */
const ENDS = 3;
const ENDS_MS = 60;
/** An event of which nothing came for so long is over. */
const SILENCE_MS = 250;
/** Events of others that began meanwhile are remembered up to so many. */
const MOST_REFUSED = 16;

/**
 * Whose keys go to a listener who hears several: the first who presses has the floor until the key is up; a key that somebody
 * else presses meanwhile is left out whole. Pure; `now` is monotonic milliseconds.
 */
export type KeyFloor = {
  /**
   * One packet of an event.
   * @param timestamp which event it is, as its source numbers them
   * @returns true when it is to be sent
   */
  packet(source: number, timestamp: number, end: boolean, now: number): boolean;
  /** Somebody presses: no audio is to be sent. */
  taken(now: number): boolean;
};

export const createKeyFloor = (): KeyFloor => {
  let holder = -1;
  let event = 0;
  let ends = 0;
  let until = 0;
  /** Events that are over or were refused, as `source timestamp`. */
  const done: string[] = [];

  const dismiss = (source: number, timestamp: number): void => {
    done.push(`${source} ${timestamp}`);
    if (done.length > MOST_REFUSED) done.shift();
  };

  const settle = (now: number): void => {
    if (holder === -1 || now < until) return;
    dismiss(holder, event);
    holder = -1;
  };

  const take = (source: number, timestamp: number): void => {
    if (holder === source && timestamp === event) return;
    if (holder !== -1) dismiss(holder, event);
    holder = source;
    event = timestamp;
    ends = 0;
  };

  return {
    packet(source, timestamp, end, now) {
      settle(now);
      if (done.includes(`${source} ${timestamp}`)) return false;
      if (holder !== -1 && holder !== source) {
        dismiss(source, timestamp);
        return false;
      }
      take(source, timestamp);
      if (!end && ends === 0) until = now + SILENCE_MS;
      if (!end) return true;
      ends += 1;
      if (ends === 1) until = now + ENDS_MS;
      if (ends === ENDS) until = now;
      return true;
    },
    taken(now) {
      settle(now);
      return holder !== -1;
    },
  };
};
