/** What is to be done when: the earliest first, of one moment in the order in which it was noted. */
export type Agenda = {
  /** @param at milliseconds; never before what was done last */
  add(at: number, work: () => Promise<void> | void): void;
  /** Takes out what is next; undefined when nothing is left. */
  next(): { readonly at: number; readonly work: () => Promise<void> | void } | undefined;
};

type Item = { readonly at: number; readonly order: number; readonly work: () => Promise<void> | void };

const isBefore = (a: Item, b: Item): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap. */
export const createAgenda = (): Agenda => {
  const heap: Item[] = [];
  let order = 0;

  const rise = (item: Item): void => {
    let place = heap.length - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(item, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = item;
  };

  const sink = (item: Item): void => {
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, item)) break;
      heap[place] = child;
      place = 2 * place + (isRight ? 2 : 1);
    }
    heap[place] = item;
  };

  return {
    add: (at, work) => {
      const item = { at, order, work };
      order += 1;
      heap.push(item);
      rise(item);
    },
    next: () => {
      const first = heap[0];
      const end = heap.pop();
      if (first !== undefined && end !== undefined && heap.length > 0) sink(end);
      return first;
    },
  };
};
