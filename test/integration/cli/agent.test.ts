import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONFIG, makePlace, type Place } from './run-cli.ts';

let place: Place;
beforeAll(async () => {
  place = await makePlace(`${CONFIG}\nregistrar: { domains: [sip.example.com] }\n`);
  await place.run('apply');
});
afterAll(() => place.remove());

const list = async (): Promise<{ name: string; state: string; reason: string | null }[]> =>
  JSON.parse((await place.run('agent', 'list', '--json')).stdout);

it('agents are set away and ready without a gateway, and nobody can be called then', async () => {
  expect((await place.run('agent', 'list')).stdout).toContain('There are no agents');
  await place.run('user', 'add', 'alice', '--generate');
  const away = await place.run('agent', 'away', 'alice', '--reason', 'training');
  expect(away).toMatchObject({ code: 0, stdout: 'alice takes no calls until told otherwise.\n' });
  expect(await list()).toMatchObject([{ name: 'alice', state: 'offline', reason: 'training' }]);
  expect((await place.run('user', 'list')).stdout).toMatch(/alice/);
  const table = await place.run('agent', 'list');
  expect(table.stdout).toMatch(/alice.*offline.*training/);
  expect(table.stderr).toContain('not running');
  expect((await place.run('agent', 'ready', 'alice')).stdout).toBe('alice takes calls.\n');
  expect(await list()).toMatchObject([{ reason: null }]);
});

it('says who and what is missing', async () => {
  const nobody = await place.run('agent', 'ready', 'nobody');
  expect(nobody).toMatchObject({ code: 2 });
  expect(nobody.stderr).toContain('There is no user nobody');
  const queues = await place.run('queue', 'status');
  expect(queues).toMatchObject({ code: 1 });
  expect(queues.stderr).toContain('The gateway is not running');
});
