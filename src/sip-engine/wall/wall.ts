import { createNetworks, ipv4Number } from '../../base/networks.ts';
import type { Ban, BanChange, WallOptions } from '../types.ts';
import { type BanEntry, createBanTable } from './ban-table.ts';
import { createBuckets } from './buckets.ts';
import { bareAddress, readNetwork, SIX_SITE, siteOf, sixKey, sixParts } from './cidr.ts';
import { createGenerations } from './generations.ts';
import { createOffenceBook } from './offences.ts';
import type { Offence, Wall } from './types.ts';

const DEFAULTS = { messagesPerSecond: 100, banSeconds: 600, offences: 10, withinSeconds: 60 } as const;
const WEEK = 7 * 86_400_000;
/** Each further ban lasts so many times as long. */
const GROWTH = 4;
/** Bans that the wall keeps at once, and makes in a second: whoever forges addresses gets no work done by it. */
const MOST_OWN_BANS = 10_000;
const MOST_NEW_BANS = 50;
const MOST_REMEMBERED = 20_000;
const MOST_PARTNERS = 20_000;
/** How long whom we asked something is trusted. */
const PARTNER_FOR = 3_600_000;
/** Often enough to be noted again. */
const PARTNER_STEP = 60_000;
/** Bans that end together are lifted together. */
const LEAST_WAIT = 100;
const LONGEST_WAIT = 2 ** 31 - 1;

const WORDS: Readonly<Record<Offence, string>> = {
  malformed: 'sends what is no SIP',
  scanner: 'a known scanner',
  unauthorized: 'wrong credentials',
  'not-found': 'tries numbers or users that do not exist',
  stranger: 'is no peer of ours',
  flood: 'sends too much',
};

/** An address for counting: 32 bits of IPv4, the first 64 bits of IPv6. */
type Key = number | string;
/** An address as the wall sees it, with the ban it falls under. */
type Sight = { readonly bare: string; readonly key: Key; readonly entry: BanEntry | undefined };
type Past = { readonly count: number; readonly until: number };

const keyOf = (bare: string): Key | undefined => {
  const number = ipv4Number(bare);
  // As a 32-bit integer, for which a map needs no object.
  if (number >= 0) return number | 0;
  const parts = sixParts(bare);
  return parts === undefined ? undefined : sixKey(parts, SIX_SITE);
};

/**
 * The wall. Everything is bounded: addresses that are watched, bans it keeps, bans it makes in a second.
 *
 * @param now milliseconds since the epoch
 * @throws Error when one of the bans is no address or network
 */
export const createWall = (options: WallOptions, now: () => number = Date.now): Wall => {
  const { messagesPerSecond, banSeconds, offences, withinSeconds } = { ...DEFAULTS, ...options };
  const trusted = createNetworks(options.trusted ?? []);
  const table = createBanTable();
  const buckets = createBuckets<Key>(messagesPerSecond);
  const book = createOffenceBook<Key>(offences, withinSeconds * 1000);
  /** Bans of the past, which make the next one longer. */
  const past = createGenerations<Key, Past>(MOST_REMEMBERED);
  /** Until when each is trusted. */
  const partners = createGenerations<Key, number>(MOST_PARTNERS);
  const listeners: ((change: BanChange) => void)[] = [];
  let recent = { second: 0, bans: 0 };
  let isKnown: (address: string) => boolean = () => false;
  let own = 0;
  let droppedBanned = 0;
  let droppedOverRate = 0;
  let timer: NodeJS.Timeout | undefined;
  let wakesAt = Number.POSITIVE_INFINITY;

  const tell = (change: BanChange): void => {
    for (const listener of listeners) listener(change);
  };

  const isPartner = (key: Key | undefined): boolean => key !== undefined && (partners.get(key) ?? 0) > now();

  const isTrusted = (bare: string, key: Key | undefined): boolean =>
    trusted.contains(bare) || isKnown(bare) || isPartner(key);

  const remove = (entry: BanEntry): void => {
    table.remove(entry);
    if (entry.ban.by === 'wall') own -= 1;
  };

  const lift = (entry: BanEntry): void => {
    remove(entry);
    tell({ type: 'lifted', cidr: entry.network.cidr });
  };

  const wake = (at: number): void => {
    if (at >= wakesAt) return;
    clearTimeout(timer);
    wakesAt = at;
    timer = setTimeout(liftExpired, Math.min(LONGEST_WAIT, Math.max(LEAST_WAIT, at - now())));
    timer.unref();
  };

  const liftExpired = (): void => {
    const time = now();
    let next = Number.POSITIVE_INFINITY;
    for (const entry of [...table.all()]) {
      const until = entry.ban.until ?? Number.POSITIVE_INFINITY;
      if (until <= time) lift(entry);
      else next = Math.min(next, until);
    }
    wakesAt = Number.POSITIVE_INFINITY;
    if (next < wakesAt) wake(next);
  };

  const remember = ({ count, until, by }: Ban, cidr: string): void => {
    const key = keyOf(bareAddress(cidr.replace(/\/.*$/, '')));
    const forgotten = (until ?? 0) + WEEK;
    if (by === 'wall' && key !== undefined && forgotten > now()) past.set(key, { count, until: forgotten });
  };

  /** Puts a ban in force; one that is over only makes the next one longer. */
  const enforce = (given: Ban): BanEntry | undefined => {
    const network = readNetwork(given.cidr);
    if (network === undefined) throw new Error(`no address or network to ban: ${given.cidr}`);
    const ban = { ...given, cidr: network.cidr };
    remember(ban, network.cidr);
    if (ban.until !== undefined && ban.until <= now()) return undefined;
    const before = table.get(network.cidr);
    if (before !== undefined) remove(before);
    const entry = { ban, network, dropped: before?.dropped ?? 0 };
    table.add(entry);
    if (ban.by === 'wall') own += 1;
    if (ban.until !== undefined) wake(ban.until);
    return entry;
  };

  /** Whether this second has room for one more ban of the wall's own. */
  const mayBan = (time: number): boolean => {
    const second = Math.floor(time / 1000);
    recent = { second, bans: recent.second === second ? recent.bans + 1 : 1 };
    return recent.bans <= MOST_NEW_BANS;
  };

  const makeRoom = (): void => {
    if (own < MOST_OWN_BANS) return;
    for (const entry of table.all()) {
      if (entry.ban.by !== 'wall') continue;
      lift(entry);
      return;
    }
  };

  const banOffender = ({ bare, key }: Sight, kind: Offence): void => {
    const time = now();
    const site = siteOf(bare);
    if (site === undefined || !mayBan(time)) return;
    makeRoom();
    const before = past.get(key);
    const count = (before !== undefined && before.until > time ? before.count : 0) + 1;
    const lasts = Math.min(WEEK, banSeconds * 1000 * GROWTH ** (count - 1));
    const often = kind === 'scanner' ? '' : ` (${offences} offences within ${withinSeconds} s)`;
    const reason = WORDS[kind] + often;
    const entry = enforce({ cidr: site.cidr, reason, by: 'wall', since: time, until: time + lasts, count });
    if (entry !== undefined) tell({ type: 'banned', ban: entry.ban });
  };

  /** Reads an address once for all that is asked of it; undefined when it is none. */
  const look = (address: string): Sight | undefined => {
    const plain = ipv4Number(address);
    const bare = plain >= 0 ? address : bareAddress(address);
    const number = plain >= 0 ? plain : ipv4Number(bare);
    const none = table.size === 0;
    if (number >= 0) return { bare, key: number | 0, entry: none ? undefined : table.findFour(number) };
    const parts = sixParts(bare);
    if (parts === undefined) return undefined;
    return { bare, key: sixKey(parts, SIX_SITE), entry: none ? undefined : table.findSix(parts) };
  };

  /**
   * The ban that keeps an address out: one by hand holds for everybody, one of the wall for those who are not trusted, one
   * whose time is over for nobody.
   */
  const banOn = ({ bare, key, entry }: Sight): BanEntry | undefined => {
    if (entry === undefined) return undefined;
    const { until, by } = entry.ban;
    if (until !== undefined && until <= now()) return undefined;
    return by === 'hand' || !isTrusted(bare, key) ? entry : undefined;
  };

  const offence: Wall['offence'] = (address, kind) => {
    const sight = look(address);
    if (sight === undefined || isTrusted(sight.bare, sight.key)) return false;
    if (banOn(sight) !== undefined) return true;
    const enough = kind === 'scanner' || book.note(sight.key, now());
    if (enough) banOffender(sight, kind);
    return enough;
  };

  for (const ban of options.bans ?? []) {
    if (ban.by === 'hand' || !trusted.contains(ban.cidr)) enforce(ban);
  }

  return {
    admits(address) {
      const sight = look(address);
      if (sight === undefined) return true;
      const entry = banOn(sight);
      if (entry !== undefined) {
        entry.dropped += 1;
        droppedBanned += 1;
        return false;
      }
      if (isTrusted(sight.bare, sight.key) || buckets.take(sight.key, now())) return true;
      droppedOverRate += 1;
      offence(address, 'flood');
      return false;
    },
    isBanned(address) {
      if (table.size === 0) return false;
      const sight = look(address);
      return sight !== undefined && banOn(sight) !== undefined;
    },
    offence,
    welcome(address) {
      const key = keyOf(bareAddress(address));
      if (key === undefined) return;
      book.forget(key);
      past.delete(key);
    },
    partner(address) {
      const key = keyOf(bareAddress(address));
      if (key === undefined) return;
      const until = now() + PARTNER_FOR;
      if ((partners.get(key) ?? 0) < until - PARTNER_STEP) partners.set(key, until);
    },
    setKnown(given) {
      isKnown = given;
      for (const entry of [...table.all()]) {
        const [address = ''] = entry.network.cidr.split('/');
        if (entry.ban.by === 'wall' && isTrusted(address, undefined)) lift(entry);
      }
    },
    bans: () =>
      [...table.all()].map(({ ban, dropped }) => ({ ...ban, dropped })).sort((a, b) => b.since - a.since),
    ban(ban) {
      const entry = enforce(ban);
      if (entry !== undefined) tell({ type: 'banned', ban: entry.ban });
    },
    unban(cidr) {
      const network = readNetwork(cidr);
      if (network === undefined) return false;
      const entry = table.get(network.cidr) ?? table.get(siteOf(cidr.trim())?.cidr ?? '');
      if (entry === undefined) return false;
      const key = keyOf(entry.network.cidr.replace(/\/.*$/, ''));
      if (key !== undefined) {
        book.forget(key);
        past.delete(key);
      }
      lift(entry);
      return true;
    },
    get size() {
      return table.size;
    },
    onChange(listener) {
      listeners.push(listener);
    },
    get droppedBanned() {
      return droppedBanned;
    },
    get droppedOverRate() {
      return droppedOverRate;
    },
    close() {
      clearTimeout(timer);
      listeners.length = 0;
      wakesAt = Number.NEGATIVE_INFINITY;
    },
  };
};
