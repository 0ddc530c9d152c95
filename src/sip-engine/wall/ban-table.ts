import type { Ban } from '../types.ts';
import { fourKey, type Network, sixKey } from './cidr.ts';

export type BanEntry = { readonly ban: Ban; readonly network: Network; dropped: number };

/** Bans by address. A look-up costs one map access for each length of prefix in use, however many bans there are. */
export type BanTable = {
  /** The ban that an address falls under: one by hand before one by the wall. */
  findFour(number: number): BanEntry | undefined;
  findSix(parts: readonly number[]): BanEntry | undefined;
  get(cidr: string): BanEntry | undefined;
  /** Takes the place of one of the same network. */
  add(entry: BanEntry): void;
  remove(entry: BanEntry): void;
  /** In the order they were added. */
  all(): IterableIterator<BanEntry>;
  readonly size: number;
};

type Group = { readonly prefix: number; readonly entries: Map<number | string, BanEntry> };

const withoutEmpty = (groups: readonly Group[]): Group[] => groups.filter(({ entries }) => entries.size > 0);

const find = (groups: readonly Group[], keyAt: (prefix: number) => number | string): BanEntry | undefined => {
  let found: BanEntry | undefined;
  for (const { prefix, entries } of groups) {
    const entry = entries.get(keyAt(prefix));
    if (entry?.ban.by === 'hand') return entry;
    found ??= entry;
  }
  return found;
};

export const createBanTable = (): BanTable => {
  const byCidr = new Map<string, BanEntry>();
  let four: Group[] = [];
  let six: Group[] = [];

  const groupOf = ({ family, prefix }: Network): Group => {
    const groups = family === 4 ? four : six;
    const known = groups.find((group) => group.prefix === prefix);
    if (known !== undefined) return known;
    const group: Group = { prefix, entries: new Map() };
    groups.push(group);
    return group;
  };

  const remove = ({ network }: BanEntry): void => {
    byCidr.delete(network.cidr);
    groupOf(network).entries.delete(network.key);
    four = withoutEmpty(four);
    six = withoutEmpty(six);
  };

  return {
    findFour: (number) => find(four, (prefix) => fourKey(number, prefix)),
    findSix: (parts) => find(six, (prefix) => sixKey(parts, prefix)),
    get: (cidr) => byCidr.get(cidr),
    add(entry) {
      byCidr.delete(entry.network.cidr);
      byCidr.set(entry.network.cidr, entry);
      groupOf(entry.network).entries.set(entry.network.key, entry);
    },
    remove,
    all: () => byCidr.values(),
    get size() {
      return byCidr.size;
    },
  };
};
