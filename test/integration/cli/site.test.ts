import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG, makePlace, PLAN, type Place } from './run-cli.ts';

const SITES = `
  - { number: '+12025550130', pool: ads }
pools:
  - { id: ads, lines: [echo] }
sites:
  - id: main
    hosts: [www.example.com]
    targets: [{ number: '+12025550199' }]
    rules:
      - { id: rest, use: { canonical: true } }
      - { id: clicks, use: { pool: ads } }
      - { id: search, when: { channel: [organic] }, use: { number: '+12025550123' } }
`;

let place: Place;

beforeAll(async () => {
  place = await makePlace(CONFIG, PLAN.trimEnd() + SITES);
});
afterAll(() => place.remove());

describe('dialtrace site', () => {
  it('says so while there are none', async () => {
    await place.write('config/empty.yaml', PLAN);
    expect(await place.run('apply', '--yes', 'config/empty.yaml')).toMatchObject({ code: 0 });
    expect((await place.run('site', 'list')).stdout).toMatch('There are no sites yet');
    expect(await place.run('apply', '--yes')).toMatchObject({ code: 0 });
  });

  it('lists and shows sites, the rules in the order in which they decide', async () => {
    const { stdout } = await place.run('site', 'list');
    expect(stdout).toMatch(/main\s+–\s+www\.example\.com\s+1\s+3\s+ads\s+granted/);
    const shown = (await place.run('site', 'show', 'main')).stdout;
    expect(shown).toMatch(/1 {2}clicks[\s\S]*2 {2}search[\s\S]*3 {2}rest/);
    const { rules } = JSON.parse((await place.run('site', 'show', 'main', '--json')).stdout);
    expect(rules).toHaveLength(3);
  });

  it('explains what a visit would see', async () => {
    const explain = (url: string, ...more: string[]) =>
      place.run('site', 'explain', 'main', '--url', url, ...more);
    const ad = await explain('https://www.example.com/?gclid=abc');
    expect(ad).toMatchObject({ code: 0, stderr: '' });
    expect(ad.stdout).toMatch("+12025550199 → a number of pool ads, the visit's own");
    expect(ad.stdout).toMatch(/Plan source\s+google-ads/);
    const search = await explain(
      'https://www.example.com/',
      '--referrer',
      'https://www.google.com/',
      '--json',
    );
    expect(JSON.parse(search.stdout)).toMatchObject({
      touch: { channel: 'organic', source: 'google' },
      targets: [{ use: { type: 'number', number: '+12025550123' } }],
    });
    const elsewhere = await explain('https://elsewhere.example/');
    expect(elsewhere.stderr).toMatch('none of the hosts');
    expect(elsewhere.stdout).toMatch('+12025550199 → its own number');
  });

  it('refuses what it does not know', async () => {
    expect(await place.run('site', 'show', 'other')).toMatchObject({ code: 2, stdout: '' });
    expect(await place.run('site', 'explain', 'main')).toMatchObject({ code: 2, stdout: '' });
    const device = await place.run('site', 'explain', 'main', '--url', 'https://x.example', '--device', 'tv');
    expect(device.code).toBe(2);
  });
});
