import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkMediaAddress,
  checkNode,
  checkPort,
  checkSipAddresses,
  isHeld,
  judgeDisk,
} from '../../../src/cli/doctor-checks.ts';
import { judgeClock } from '../../../src/cli/doctor-system.ts';
import { checkMediasoup, checkWebRtcPorts } from '../../../src/cli/doctor-worker.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';

const GIB = 1024 ** 3;
const media = (more: object) => gatewayConfigSchema.parse({ media: more }).media;

describe('doctor', () => {
  it('wants a Node.js that is new enough', () => {
    expect(checkNode('v20.18.1').state).toBe('fail');
    expect(checkNode('v18.20.0').mend).toContain('20.19');
    for (const version of ['v20.19.0', 'v22.1.0', 'v24.0.0']) expect(checkNode(version).state).toBe('ok');
  });

  it('warns of a full disk, by share and by bytes', () => {
    expect(judgeDisk(50 * GIB, 100 * GIB, '/r').state).toBe('ok');
    expect(judgeDisk(4 * GIB, 8 * GIB, '/r').state).toBe('warn');
    expect(judgeDisk(90 * GIB, 1000 * GIB, '/r').state).toBe('warn');
  });

  it('knows a wrong clock', () => {
    const now = Date.UTC(2026, 10, 5);
    expect(judgeClock(now, 'yes').state).toBe('ok');
    expect(judgeClock(now, 'no').state).toBe('warn');
    expect(judgeClock(now, undefined).state).toBe('ok');
    expect(judgeClock(0, 'yes').state).toBe('fail');
  });

  it('asks for a public address where the machine has none', () => {
    expect(checkMediaAddress(media({}), ['127.0.0.1', '10.0.0.5']).state).toBe('warn');
    expect(checkMediaAddress(media({}), ['127.0.0.1', '8.8.4.4']).state).toBe('ok');
    expect(checkMediaAddress(media({ address: '10.0.0.5' }), ['10.0.0.5', '8.8.4.4']).state).toBe('warn');
    expect(checkMediaAddress(media({ publicAddress: '8.8.4.4' }), ['10.0.0.5']).state).toBe('ok');
  });

  it('knows a public address that no carrier can reach', () => {
    const of = (publicAddress: string) => checkMediaAddress(media({ publicAddress }), []);
    expect(of('203.0.113.10')).toMatchObject({
      state: 'fail',
      text: expect.stringContaining('for examples'),
    });
    expect(of('2001:db8::7').state).toBe('fail');
    expect(of('127.0.0.1').state).toBe('fail');
    expect(of('10.1.2.3').state).toBe('warn');
    expect(of('8.8.4.4').state).toBe('ok');
  });

  it('notices a public address that SIP or RTP was not told', () => {
    const states = (listen: object, publicAddress?: string) => {
      const config = gatewayConfigSchema.parse({
        sip: { listen: [{ transport: 'udp', ...listen }] },
        media: publicAddress === undefined ? {} : { publicAddress },
      });
      return checkSipAddresses(config as Parameters<typeof checkSipAddresses>[0]).map(({ state }) => state);
    };
    expect(states({})).toEqual([]);
    expect(states({}, '8.8.4.4')).toEqual(['warn']);
    expect(states({ publicAddress: '8.8.4.4' }, '8.8.4.4')).toEqual([]);
    expect(states({ publicAddress: '198.51.100.1' }, '8.8.4.4')).toEqual(['fail']);
  });

  it('knows the ports that the running gateway holds', () => {
    const held = ['udp/192.0.2.2:5060', 'tcp/127.0.0.1:8080'];
    expect(isHeld({ transport: 'udp', address: '0.0.0.0', port: 5060 }, held)).toBe(true);
    expect(isHeld({ transport: 'tcp', address: '127.0.0.1', port: 8080 }, held)).toBe(true);
    expect(isHeld({ transport: 'tcp', address: '127.0.0.1', port: 5060 }, held)).toBe(false);
    expect(isHeld({ transport: 'udp', address: '127.0.0.2', port: 5060 }, held)).toBe(false);
  });

  it('tells a free port from a taken one', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const binding = { transport: 'tcp', address: '127.0.0.1', port } as const;
    const taken = await checkPort('HTTP', binding, []);
    expect(taken).toMatchObject({ state: 'fail' });
    expect(taken.mend).toContain('ss -lnptu');
    expect((await checkPort('HTTP', binding, [`tcp/127.0.0.1:${port}`])).state).toBe('ok');
    await new Promise((done) => server.close(done));
    expect((await checkPort('HTTP', binding, [])).state).toBe('ok');
  });

  it('knows a mediasoup worker that is missing, and one that does not start', async () => {
    const state = async (binary: string, webrtc = {}) =>
      (await checkMediasoup({ media: media({ webrtc }) }, { DIALTRACE_MEDIASOUP_WORKER: binary })).state;
    const folder = await mkdtemp(join(tmpdir(), 'dialtrace-doctor-'));
    const written = async (text: string): Promise<string> => {
      const path = join(folder, `worker-${text.length}`);
      await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      return path;
    };
    expect(await state('/nowhere/worker')).toBe('warn');
    expect(await state('/nowhere/worker', { enabled: false })).toBe('off');
    expect(await state(await written('exit 41'))).toBe('ok');
    expect(await state(await written('exit 127 # no library'))).toBe('fail');
    expect(await state(await written('kill -SEGV $$'))).toBe('fail');
    await rm(folder, { recursive: true });
  });

  it('looks at each port of the workers', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const of = (webrtc: object) =>
      checkWebRtcPorts({ media: media({ address: '127.0.0.1', webrtc }) }, undefined);
    const [taken] = await of({ port: port - 1, workers: 2 });
    expect(taken).toMatchObject({ state: 'fail', text: expect.stringContaining(`tcp/127.0.0.1:${port}`) });
    expect(await of({ port, enabled: false })).toEqual([]);
    await new Promise((done) => server.close(done));
    expect(await of({ port: 0 })).toMatchObject([{ state: 'ok' }]);
    expect(await of({ port, workers: 1 })).toMatchObject([{ state: 'ok' }]);
  });
});
