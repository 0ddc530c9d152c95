import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSipPeer, type SipPeer } from '../../support/sip-peer.ts';
import { until, within } from '../../support/wait.ts';
import { hears, LINE_TONE, openSdesScene, type SdesScene } from './sdes-scene.ts';

const PROGRAM = '/usr/bin/baresip';
const MODULES = '/usr/lib/baresip/modules';

const settings = (sip: number, rtp: number): string =>
  [
    `sip_listen 127.0.0.1:${sip}`,
    `rtp_ports ${rtp}-${rtp + 20}`,
    'audio_srate 8000-8000',
    'audio_channels 1-1',
    `module_path ${MODULES}`,
    ...['g711', 'aubridge', 'srtp'].map((name) => `module ${name}.so`),
    ...['account', 'echo'].map((name) => `module_app ${name}.so`),
    '',
  ].join('\n');

/** A telephone of other make, with libsrtp inside; it says what it hears. */
describe.skipIf(!existsSync(PROGRAM) || !existsSync(join(MODULES, 'echo.so')))('baresip', () => {
  let scene: SdesScene;
  let caller: SipPeer;
  let directory: string;
  let baresip: ChildProcess;
  let said = '';
  let sip = 0;

  beforeAll(async () => {
    scene = await openSdesScene(1);
    caller = await openSipPeer({ address: '127.0.0.1' });
    directory = await mkdtemp(join(tmpdir(), 'dialtrace-baresip-'));
    const { to } = scene.ports;
    sip = to - 1;
    await writeFile(join(directory, 'config'), settings(sip, to - 40));
    await writeFile(join(directory, 'accounts'), '<sip:echo@127.0.0.1>;regint=0;mediaenc=srtp-mand\n');
    await writeFile(join(directory, 'contacts'), '');
    baresip = spawn(PROGRAM, ['-f', directory, '-v'], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [baresip.stdout, baresip.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    await until('baresip', () => said.includes('baresip is ready'));
  });

  afterAll(async () => {
    baresip?.kill('SIGKILL');
    await caller?.close();
    await scene?.clear();
    await scene?.end();
    await rm(directory, { recursive: true, force: true });
  });

  it('hears us and is heard', async () => {
    const session = scene.engine.createSession('baresip');
    // Its SDP names the network's address, and its packets come from the loopback one.
    const leg = await scene.addLeg(session, { nat: true });
    const call = caller.invite({
      to: { address: '127.0.0.1', port: sip },
      did: 'echo',
      sdp: leg.createOffer(),
    });
    const answer = await within('its answer', 10_000, call.final());
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/^m=audio \d+ RTP\/SAVP /m);
    await leg.acceptAnswer(answer.body);
    const line = await scene.line(session, { frequency: LINE_TONE });
    session.bridge(leg, line.leg);
    line.peer.start();
    await hears(line.peer, LINE_TONE, 0.5);
    expect(leg.security).toEqual({ type: 'sdes', suite: 'AES_CM_128_HMAC_SHA1_80' });
    await call.bye();
    await session.close();
  });
});
