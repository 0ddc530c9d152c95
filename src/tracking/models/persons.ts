import type { PersonKey } from '../events.ts';

/** Who is one person: keys that were linked, however indirectly, belong together. */
export type Persons = {
  /** A number for the key; the same one for the same key. */
  node(kind: PersonKey['kind'] | 'alone', key: string): number;
  link(a: number, b: number): void;
  /** The person that a node belongs to, by one of its nodes. */
  of(node: number): number;
};

/** Disjoint sets with union by size and path halving (Tarjan and van Leeuwen 1984). */
export const createPersons = (): Persons => {
  const nodes = {
    caller: new Map(),
    visitor: new Map(),
    contact: new Map(),
    alone: new Map(),
  } satisfies Record<string, Map<string, number>>;
  const parents: number[] = [];
  const sizes: number[] = [];

  const of = (node: number): number => {
    let at = node;
    for (;;) {
      const parent = parents[at] ?? at;
      if (parent === at) return at;
      const above = parents[parent] ?? parent;
      parents[at] = above;
      at = above;
    }
  };

  return {
    node: (kind, key) => {
      const known = nodes[kind].get(key);
      if (known !== undefined) return known;
      const node = parents.length;
      nodes[kind].set(key, node);
      parents.push(node);
      sizes.push(1);
      return node;
    },
    link: (a, b) => {
      const x = of(a);
      const y = of(b);
      if (x === y) return;
      const size = (sizes[x] ?? 1) + (sizes[y] ?? 1);
      const [big, small] = (sizes[x] ?? 1) >= (sizes[y] ?? 1) ? [x, y] : [y, x];
      parents[small] = big;
      sizes[big] = size;
    },
    of,
  };
};
