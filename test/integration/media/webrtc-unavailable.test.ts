import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MediaEngineOptions } from '../../../src/media/index.ts';
import { openScene, type Scene } from './rtp-scene.ts';

let folder: string;
let workerBinary: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-worker-'));
  workerBinary = join(folder, 'worker');
});
afterAll(() => rm(folder, { recursive: true }));

const withScene = async (
  webrtc: MediaEngineOptions['webrtc'],
  use: (scene: Scene) => Promise<void>,
): Promise<void> => {
  const scene = await openScene(webrtc === undefined ? {} : { webrtc });
  await use(scene).finally(() => scene.end());
};

const webrtc = (): MediaEngineOptions['webrtc'] => ({
  workers: 1,
  port: 0,
  listen: [{ address: '127.0.0.1' }],
  workerBinary,
});

it('a worker that is not built leaves plain calls as they are, and says who builds it', async () => {
  await withScene(webrtc(), async ({ engine, caller, line }) => {
    expect(engine.encryption).toEqual({
      available: false,
      reason: `The mediasoup worker is not built (no ${workerBinary}); scripts/start builds it`,
    });
    expect((await engine.stats()).encryption).toBeUndefined();
    const session = engine.createSession('call');
    const [near, far] = [await caller(session), await line(session)];
    expect([near.leg.security, far.leg.security]).toEqual([{ type: 'none' }, { type: 'none' }]);
    const options = { label: 'agent', nat: false, codecs: ['PCMU'], wire: { type: 'webrtc' } } as const;
    await expect(session.addLeg(options)).rejects.toThrow(/no mediasoup worker runs/);
    await session.close();
  });
});

it('a worker that does not start is no different', async () => {
  await writeFile(workerBinary, '#!/bin/sh\nexit 3\n');
  await chmod(workerBinary, 0o755);
  await withScene(webrtc(), async ({ engine }) => {
    expect(engine.encryption).toMatchObject({
      available: false,
      reason: expect.stringMatching(/does not start.*code:3/),
    });
  });
});

it('encryption that is switched off is no different', async () => {
  await withScene(undefined, async ({ engine }) => {
    expect(engine.encryption).toEqual({ available: false, reason: 'Encryption is switched off' });
  });
});
