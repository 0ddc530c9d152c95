import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ban, BanChange, WallOptions } from '../../../../src/sip-engine/types.ts';
import { createWall, type Wall } from '../../../../src/sip-engine/wall/index.ts';

const START = Date.UTC(2026, 10, 5, 12);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 86_400 * SECOND;
const BAD = '203.0.113.7';

const open: Wall[] = [];
const setUp = (options: WallOptions = {}) => {
  const changes: BanChange[] = [];
  const wall = createWall(options);
  wall.onChange((change) => changes.push(change));
  open.push(wall);
  return { wall, changes };
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(START);
});
afterEach(() => {
  for (const wall of open.splice(0)) wall.close();
  vi.useRealTimers();
});

const pass = (ms: number): void => void vi.advanceTimersByTime(ms);

const byHand = (cidr: string, more: Partial<Ban> = {}): Ban => ({
  cidr,
  reason: 'by hand',
  by: 'hand',
  since: Date.now(),
  until: undefined,
  count: 1,
  ...more,
});

const offend = (
  wall: Wall,
  address: string,
  times: number,
  kind: Parameters<Wall['offence']>[1] = 'stranger',
) => {
  let banned = false;
  for (let at = 0; at < times; at += 1) banned = wall.offence(address, kind);
  return banned;
};

describe('offences', () => {
  it.each(['malformed', 'unauthorized', 'not-found', 'stranger', 'flood'] as const)(
    '%s: the tenth within a minute is one too many',
    (kind) => {
      const { wall, changes } = setUp();
      expect(offend(wall, BAD, 9, kind)).toBe(false);
      expect(wall.admits(BAD)).toBe(true);
      expect(wall.offence(BAD, kind)).toBe(true);
      expect(wall.admits(BAD)).toBe(false);
      expect(wall.admits('203.0.113.8')).toBe(true);
      expect(wall.droppedBanned).toBe(1);
      expect(changes).toMatchObject([
        {
          type: 'banned',
          ban: { cidr: BAD, by: 'wall', count: 1, since: START, until: START + 600 * SECOND },
        },
      ]);
    },
  );

  it('of different kinds are counted together', () => {
    const { wall } = setUp({ offences: 3 });
    wall.offence(BAD, 'malformed');
    wall.offence(BAD, 'unauthorized');
    expect(wall.offence(BAD, 'not-found')).toBe(true);
  });

  it('that are slow enough lead to nothing', () => {
    const { wall } = setUp();
    for (let at = 0; at < 100; at += 1) {
      expect(wall.offence(BAD, 'unauthorized')).toBe(false);
      pass(7 * SECOND);
    }
  });

  it('count within any minute, not only within those that begin with an offence', () => {
    const { wall } = setUp();
    wall.offence(BAD, 'stranger');
    pass(55 * SECOND);
    offend(wall, BAD, 5);
    pass(10 * SECOND);
    expect(offend(wall, BAD, 4)).toBe(false);
    expect(wall.offence(BAD, 'stranger')).toBe(true);
  });

  it('of a scanner: the first is enough', () => {
    const { wall } = setUp();
    expect(wall.offence(BAD, 'scanner')).toBe(true);
    expect(wall.admits(BAD)).toBe(false);
    expect(wall.bans()).toMatchObject([{ cidr: BAD, reason: 'a known scanner', dropped: 1 }]);
  });

  it('are forgotten when a request succeeds', () => {
    const { wall } = setUp();
    offend(wall, BAD, 9);
    wall.welcome(BAD);
    expect(offend(wall, BAD, 9)).toBe(false);
  });

  it('of what is no address are nobody’s', () => {
    const { wall } = setUp();
    expect(offend(wall, 'pipe', 50)).toBe(false);
    expect(wall.admits('pipe')).toBe(true);
  });
});

describe('bans of the wall', () => {
  it('end by themselves, and each further one is four times as long, up to a week', () => {
    const { wall, changes } = setUp();
    for (const [at, seconds] of [600, 2400, 9600, 38_400, 153_600, 604_800, 604_800].entries()) {
      wall.offence(BAD, 'scanner');
      expect(wall.bans()).toMatchObject([{ count: at + 1, until: Date.now() + seconds * SECOND }]);
      pass(seconds * SECOND - 1);
      expect(wall.admits(BAD)).toBe(false);
      pass(200);
      expect(wall.admits(BAD)).toBe(true);
      expect(changes.splice(0).map(({ type }) => type)).toEqual(['banned', 'lifted']);
    }
  });

  it('are short again a week after the last', () => {
    const { wall } = setUp();
    wall.offence(BAD, 'scanner');
    pass(600 * SECOND + 7 * DAY + 1);
    wall.offence(BAD, 'scanner');
    expect(wall.bans()).toMatchObject([{ count: 1 }]);
  });

  it('are not in force when their time is over, even before the timer has run', () => {
    const { wall } = setUp();
    wall.offence(BAD, 'scanner');
    vi.setSystemTime(START + 601 * SECOND);
    expect(wall.admits(BAD)).toBe(true);
  });

  it('go on after a restart, and so does their count', () => {
    const first = setUp();
    first.wall.offence(BAD, 'scanner');
    first.wall.offence('203.0.113.8', 'scanner');
    const kept = first.wall.bans();
    pass(300 * SECOND);
    const { wall } = setUp({ bans: kept });
    expect(wall.admits(BAD)).toBe(false);
    pass(301 * SECOND);
    expect(wall.size).toBe(0);
    const later = setUp({ bans: kept });
    expect(later.wall.size).toBe(0);
    later.wall.offence(BAD, 'scanner');
    expect(later.wall.bans()).toMatchObject([{ count: 2 }]);
  });

  it('hold for the /64 of an IPv6 address', () => {
    const { wall } = setUp();
    offend(wall, '2001:db8:0:1::7', 5);
    expect(offend(wall, '2001:db8:0:1:ffff::8', 5)).toBe(true);
    expect(wall.bans()).toMatchObject([{ cidr: '2001:db8:0:1::/64' }]);
    expect(wall.admits('2001:db8:0:1::9')).toBe(false);
    expect(wall.admits('2001:db8:0:2::9')).toBe(true);
  });

  it('know IPv4 inside IPv6', () => {
    const { wall } = setUp();
    wall.offence(`::ffff:${BAD}`, 'scanner');
    expect(wall.admits(BAD)).toBe(false);
    expect(wall.admits(`::ffff:${BAD}`)).toBe(false);
  });
});

describe('trusted and known addresses', () => {
  it('are never banned by the wall and have no rate', () => {
    const { wall } = setUp({ trusted: ['203.0.113.0/24', '2001:db8::/32'] });
    wall.setKnown((address) => address === '198.51.100.1');
    for (const address of [BAD, '198.51.100.1', '2001:db8::1']) {
      expect(offend(wall, address, 100, 'scanner')).toBe(false);
      for (let at = 0; at < 1000; at += 1) expect(wall.admits(address)).toBe(true);
    }
    expect(wall.size).toBe(0);
  });

  it('are banned by hand', () => {
    const { wall } = setUp({ trusted: [BAD] });
    wall.ban(byHand(BAD));
    expect(wall.admits(BAD)).toBe(false);
  });

  it('are let in again when they become known, but for bans by hand', () => {
    const { wall, changes } = setUp();
    wall.offence(BAD, 'scanner');
    wall.ban(byHand('203.0.113.9'));
    changes.length = 0;
    wall.setKnown((address) => address.startsWith('203.0.113.'));
    expect(wall.admits(BAD)).toBe(true);
    expect(wall.admits('203.0.113.9')).toBe(false);
    expect(changes).toEqual([{ type: 'lifted', cidr: BAD }]);
  });

  it('stay served inside a /64 that is banned', () => {
    const { wall } = setUp({ trusted: ['2001:db8::1'] });
    wall.offence('2001:db8::2', 'scanner');
    expect(wall.admits('2001:db8::2')).toBe(false);
    expect(wall.admits('2001:db8::1')).toBe(true);
  });
});

describe('partners', () => {
  it('whom we asked something are neither limited nor banned by the wall for an hour', () => {
    const { wall } = setUp({ messagesPerSecond: 10 });
    wall.partner(BAD);
    for (let at = 0; at < 1000; at += 1) expect(wall.admits(BAD)).toBe(true);
    expect(offend(wall, BAD, 100)).toBe(false);
    pass(60 * MINUTE + 1);
    expect(offend(wall, BAD, 10)).toBe(true);
  });

  it('are let in again though the wall has banned them, but not against a ban by hand', () => {
    const { wall } = setUp();
    wall.offence(BAD, 'scanner');
    wall.partner(BAD);
    expect(wall.admits(BAD)).toBe(true);
    wall.ban(byHand(BAD));
    expect(wall.admits(BAD)).toBe(false);
  });
});

describe('bans by hand', () => {
  it.each([
    ['203.0.113.0/24', '203.0.113.255', '203.0.114.0'],
    ['203.0.113.77/24', '203.0.113.1', '203.0.112.255'],
    ['0.0.0.0/0', '1.2.3.4', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8:ffff::1', '2001:db9::1'],
    ['2001:db8::/33', '2001:db8:7fff::1', '2001:db8:8000::1'],
    ['2001:db8::5', '2001:db8::5', '2001:db8::6'],
  ])('%s holds %s and not %s', (cidr, inside, outside) => {
    const { wall } = setUp();
    wall.ban(byHand(cidr));
    expect(wall.admits(inside)).toBe(false);
    expect(wall.admits(outside)).toBe(true);
  });

  it('replace one of the same network, and are lifted by its name', () => {
    const { wall, changes } = setUp();
    wall.ban(byHand('203.0.113.5/24', { until: Date.now() + MINUTE }));
    wall.ban(byHand('203.0.113.0/24'));
    pass(2 * MINUTE);
    expect(wall.admits(BAD)).toBe(false);
    expect(wall.unban('203.0.113.9/24')).toBe(true);
    expect(wall.unban('203.0.113.0/24')).toBe(false);
    expect(wall.unban('nonsense')).toBe(false);
    expect(wall.admits(BAD)).toBe(true);
    expect(changes.map(({ type }) => type)).toEqual(['banned', 'banned', 'lifted']);
  });

  it('are listed the latest first, with what they have dropped', () => {
    const { wall } = setUp();
    wall.ban(byHand(BAD));
    pass(1);
    wall.ban(byHand('198.51.100.0/24'));
    wall.admits(BAD);
    wall.admits(BAD);
    expect(wall.bans().map(({ cidr, dropped }) => [cidr, dropped])).toEqual([
      ['198.51.100.0/24', 0],
      [BAD, 2],
    ]);
  });

  it('must name a network', () => {
    const { wall } = setUp();
    for (const cidr of ['', 'host', '203.0.113.7/33', '203.0.113.7/-1', '2001:db8::/129', '1.2.3.4/8/8'])
      expect(() => wall.ban(byHand(cidr))).toThrow('no address or network');
  });

  it('that are lifted make the address new', () => {
    const { wall } = setUp();
    wall.offence(BAD, 'scanner');
    expect(wall.unban(BAD)).toBe(true);
    wall.offence(BAD, 'scanner');
    expect(wall.bans()).toMatchObject([{ count: 1 }]);
  });

  it('of the wall’s /64 are lifted by any address in it', () => {
    const { wall } = setUp();
    wall.offence('2001:db8::2', 'scanner');
    expect(wall.unban('2001:db8::9')).toBe(true);
    expect(wall.size).toBe(0);
  });

  it('last longer than a timer can wait', () => {
    const { wall } = setUp();
    wall.ban(byHand(BAD, { until: Date.now() + 60 * DAY }));
    pass(59 * DAY);
    expect(wall.admits(BAD)).toBe(false);
    pass(2 * DAY);
    expect(wall.size).toBe(0);
  });
});

describe('the rate', () => {
  const burst = (wall: Wall, address: string, times: number): number => {
    let admitted = 0;
    for (let at = 0; at < times; at += 1) if (wall.admits(address)) admitted += 1;
    return admitted;
  };

  it('allows twice as many at once, then so many a second', () => {
    const { wall } = setUp({ messagesPerSecond: 10, offences: 1000 });
    expect(burst(wall, BAD, 50)).toBe(20);
    expect(wall.droppedOverRate).toBe(30);
    pass(SECOND);
    expect(burst(wall, BAD, 50)).toBe(10);
    pass(MINUTE);
    expect(burst(wall, BAD, 50)).toBe(20);
    expect(burst(wall, '203.0.113.8', 50)).toBe(20);
  });

  it('is that of a whole /64', () => {
    const { wall } = setUp({ messagesPerSecond: 10, offences: 1000 });
    const admitted = Array.from({ length: 50 }, (_, at) => wall.admits(`2001:db8::${at + 1}`)).filter(
      Boolean,
    );
    expect(admitted).toHaveLength(20);
  });

  it('leads to a ban when it is passed too often', () => {
    const { wall } = setUp({ messagesPerSecond: 10 });
    burst(wall, BAD, 29);
    expect(wall.size).toBe(0);
    burst(wall, BAD, 1);
    expect(wall.bans()).toMatchObject([{ cidr: BAD }]);
  });

  it('survives a clock that is set back', () => {
    const { wall } = setUp({ messagesPerSecond: 10, offences: 1000 });
    burst(wall, BAD, 50);
    vi.setSystemTime(START - DAY);
    expect(burst(wall, BAD, 50)).toBe(0);
    pass(SECOND);
    expect(burst(wall, BAD, 50)).toBe(10);
  });
});

describe('forged addresses', () => {
  const address = (at: number): string =>
    `${10 + (at >> 24)}.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;

  it('make few bans a second, whatever they do', () => {
    const { wall, changes } = setUp();
    for (let at = 0; at < 5000; at += 1) expect(wall.offence(address(at), 'scanner')).toBe(true);
    expect(wall.size).toBe(50);
    expect(changes).toHaveLength(50);
    pass(SECOND);
    for (let at = 5000; at < 10_000; at += 1) wall.offence(address(at), 'scanner');
    expect(wall.size).toBe(100);
  });

  it('make ten thousand bans at most; the oldest goes, those by hand stay', () => {
    const { wall } = setUp({ banSeconds: 604_800 });
    wall.ban(byHand('192.0.2.1'));
    for (let at = 0; at < 10_100; at += 1) {
      wall.offence(address(at), 'scanner');
      if (at % 50 === 49) pass(SECOND);
    }
    expect(wall.size).toBe(10_001);
    expect(wall.admits('192.0.2.1')).toBe(false);
    expect(wall.admits(address(0))).toBe(true);
    expect(wall.admits(address(10_099))).toBe(false);
  });

  it('leave no timer behind', () => {
    const { wall } = setUp();
    for (let at = 0; at < 10_000; at += 1) {
      wall.admits(address(at));
      wall.offence(address(at), 'stranger');
    }
    expect(vi.getTimerCount()).toBe(0);
    wall.offence(BAD, 'scanner');
    wall.offence('203.0.113.8', 'scanner');
    expect(vi.getTimerCount()).toBe(1);
    wall.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
