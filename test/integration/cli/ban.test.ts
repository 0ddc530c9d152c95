import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG, makePlace, type Place } from './run-cli.ts';

const BAD = '203.0.113.7';
let place: Place;
beforeAll(async () => {
  place = await makePlace();
  await place.run('apply');
});
afterAll(() => place.remove());

const list = async (): Promise<{ cidr: string; until: string | null; reason: string }[]> =>
  JSON.parse((await place.run('ban', 'list', '--json')).stdout);

describe('ban, without a gateway', () => {
  it('keeps bans in the database', async () => {
    expect((await place.run('ban', 'list')).stdout).toBe('Nobody is banned.\n');
    const added = await place.run('ban', 'add', BAD, '--reason', 'noise');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toMatch(/^Banned 203\.0\.113\.7 until \d{4}-/);
    const [ban] = await list();
    expect(ban).toMatchObject({ cidr: BAD, reason: 'noise', by: 'hand', dropped: null });
    expect(Date.parse(ban?.until ?? '') - Date.now()).toBeGreaterThan(86_000_000);
    await place.run('ban', 'add', '203.0.113.9/24', '--for', 'forever');
    expect((await list()).map(({ cidr, until }) => [cidr, until === null])).toEqual([
      ['203.0.113.0/24', true],
      [BAD, false],
    ]);
    const table = await place.run('ban', 'list');
    expect(table.stdout).toContain('for ever');
    expect(table.stdout).toContain('2 bans');
    expect((await place.run('ban', 'remove', BAD)).code).toBe(0);
    expect((await list()).map(({ cidr }) => cidr)).toEqual(['203.0.113.0/24']);
  });

  it.each(['two\nlines', 'bell\u0007', 'x'.repeat(201)])('refuses %j as a reason', async (reason) => {
    const refused = await place.run('ban', 'add', '198.51.100.1', '--reason', reason);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('one line of up to 200 characters');
  });

  it('refuses what would hurt, unless it must', async () => {
    // The one trunk of this configuration has 127.0.0.1 as its source.
    for (const cidr of ['127.0.0.1', '::1', '0.0.0.0/0']) {
      const refused = await place.run('ban', 'add', cidr);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain('--force');
    }
    expect((await place.run('ban', 'add', '127.0.0.9', '--force')).code).toBe(0);
  });

  it.each([
    [['add', 'host.example'], 'address or network'],
    [['add', BAD, '--for', 'long'], 'Use a time'],
    [['remove', '1.2.3'], 'address or network'],
  ])('%j is wrong usage', async (words, text) => {
    const refused = await place.run('ban', ...words);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(text);
  });

  it('says that somebody is not banned', async () => {
    const refused = await place.run('ban', 'remove', '198.51.100.1');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('198.51.100.1 is not banned');
  });

  it('says that there is no wall', async () => {
    await place.write('config/off.yaml', CONFIG.replace('sip:\n', 'sip:\n  wall: { enabled: false }\n'));
    const refused = await place.run('--config', 'config/off.yaml', 'ban', 'list');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('sip.wall.enabled');
  });
});
