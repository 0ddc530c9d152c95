import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore } from '../../../src/store/index.ts';
import { addRequest, callBackId } from '../../support/call-back-rows.ts';
import { makePlace, type Place } from './run-cli.ts';

const AT = Date.UTC(2026, 10, 23, 11);
const [FIRST, SECOND] = [callBackId(1), callBackId(2)];

let place: Place;

beforeAll(async () => {
  place = await makePlace();
  expect((await place.run('apply', 'config/tracking.yaml', '--yes')).code).toBe(0);
  const store = await openStore(
    {
      path: place.path('data/dialtrace.db'),
      keyFile: place.path('data/dialtrace.key'),
      backupDirectory: place.path('data/backups'),
    },
    silentLogger,
  );
  await addRequest(store, '+12025550143', { id: FIRST, requested_at: AT, intent: 'buy' });
  await addRequest(store, '+12025550144', {
    id: SECOND,
    requested_at: AT + 1000,
    state: 'failed',
    tries: 2,
    reason: 'the visitor was not reached: busy',
  });
  await store.close();
});
afterAll(() => place.remove());

it('dialtrace call-back lists, shows, cancels and retries', async () => {
  const listed = await place.run('call-back', 'list');
  expect(listed).toMatchObject({ code: 0, stderr: '' });

  expect(listed.stdout).toContain('sales/buy');
  expect(listed.stdout).not.toContain('+12025550143');
  const waiting = await place.run('call-back', 'list', '--state', 'waiting', '--reveal', '--json');
  expect(JSON.parse(waiting.stdout)).toMatchObject([{ id: FIRST, number: '+12025550143', intent: 'buy' }]);
  const none = await place.run('call-back', 'list', '--button', 'elsewhere');
  expect(none).toMatchObject({ code: 0, stdout: 'No request is like that.\n' });
  const shown = await place.run('call-back', 'show', 'last');
  expect(shown.stdout).toMatch(/Agreed to +“Call me\.” at 2026-11-23 11:00/);
  expect(shown.stdout).toContain(SECOND);

  expect((await place.run('call-back', 'cancel', FIRST.toLowerCase())).stdout).toBe(
    `${FIRST} is cancelled: nobody is called.\n`,
  );
  const again = await place.run('call-back', 'cancel', FIRST);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('It is over: cancelled.');
  const retried = await place.run('call-back', 'retry', SECOND, '--json');
  expect(JSON.parse(retried.stdout)).toMatchObject({ id: SECOND, state: 'waiting', tries: 0, reason: null });
  const unknown = await place.run('call-back', 'show', callBackId(9));
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('There is no request');
});
