import { createGenerations } from './generations.ts';

/** Counts offences of addresses within a span of time, in bounded memory. */
export type OffenceBook<K> = {
  /** Notes one; true when there are as many within the span as lead to a ban. The count begins anew then. */
  note(key: K, now: number): boolean;
  forget(key: K): void;
  readonly size: number;
};

const MOST_ADDRESSES = 10_000;

/**
 * @param offences as many lead to a ban
 * @param span milliseconds
 */
export const createOffenceBook = <K>(
  offences: number,
  span: number,
  most = MOST_ADDRESSES,
): OffenceBook<K> => {
  /** Times of the last offences, the oldest first. */
  const book = createGenerations<K, number[]>(most);
  return {
    note(key, now) {
      const times = book.get(key) ?? [];
      times.push(now);
      if (times.length > offences) times.shift();
      if (times.length < offences || now - (times[0] ?? now) > span) {
        if (times.length === 1) book.set(key, times);
        return false;
      }
      book.delete(key);
      return true;
    },
    forget: book.delete,
    get size() {
      return book.size;
    },
  };
};
