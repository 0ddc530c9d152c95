import { beforeEach, describe, expect, it } from 'vitest';
import { createThrottle, type Throttle } from '../../../src/http/phone/throttle.ts';

const MINUTE = 60_000;
let now = 0;
let throttle: Throttle;

beforeEach(() => {
  now = 1_800_000_000_000;
  throttle = createThrottle(() => now);
});

const fail = (user: string, address: string, times = 1): void => {
  for (let count = 0; count < times; count += 1) throttle.enter(user, address);
};

describe('wrong logins', () => {
  it('are five for a user name, wherever they come from, and the oldest is forgotten first', () => {
    for (let at = 0; at < 5; at += 1) {
      expect(throttle.enter('alice', `192.0.2.${at}`).type).toBe('allowed');
      now += MINUTE;
    }
    expect(throttle.enter('ALICE', '192.0.2.99')).toEqual({ type: 'refused', retryAfterSeconds: 600 });
    expect(throttle.enter('bob', '192.0.2.99').type).toBe('allowed');
    now += 10 * MINUTE;
    expect(throttle.enter('alice', '192.0.2.1').type).toBe('allowed');
    expect(throttle.enter('alice', '192.0.2.1').type).toBe('refused');
  });

  it('are twenty for an address, and for a network of IPv6', () => {
    for (let at = 0; at < 20; at += 1) fail(`user${at}`, '192.0.2.1');
    expect(throttle.enter('new', '192.0.2.1').type).toBe('refused');
    expect(throttle.enter('new', '::ffff:192.0.2.1').type).toBe('refused');
    for (let at = 0; at < 20; at += 1) fail(`six${at}`, `2001:db8:1:2::${at}`);
    expect(throttle.enter('newer', '2001:db8:1:2:ffff::1').type).toBe('refused');
    expect(throttle.enter('newer', '2001:db8:1:3::1').type).toBe('allowed');
  });

  it('are forgotten for the user by a right one, which counts for no address', () => {
    fail('alice', '192.0.2.1', 4);
    const right = throttle.enter('alice', '192.0.2.1');
    if (right.type === 'allowed') right.succeeded();
    fail('alice', '192.0.2.1', 4);
    expect(throttle.enter('alice', '192.0.2.1').type).toBe('allowed');
    for (let at = 0; at < 50; at += 1) {
      const each = throttle.enter('carol', '192.0.2.7');
      if (each.type === 'allowed') each.succeeded();
    }
    expect(throttle.enter('carol', '192.0.2.7').type).toBe('allowed');
  });
});
