import type { ChildProcess } from 'node:child_process';
import { readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { readRunFile } from '../../../src/base/run-file.ts';
import { findDemoAgent, makeDemoAgent } from '../../../src/cli/demo-agent.ts';
import { readPlan } from '../../../src/cli/plan-input.ts';
import { storeOptions } from '../../../src/cli/session.ts';
import { loadGatewayConfig } from '../../../src/config/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { applyPlan } from '../../../src/tracking/index.ts';
import { makePlace, type Place } from './run-cli.ts';

const CONFIG = `
sip:
  listen:
    - { transport: udp, address: 127.0.0.1, port: 0 }
    - { transport: wss, address: 127.0.0.1, port: 0 }
  tls: { directory: ../data/tls }
media:
  address: 127.0.0.1
  rtpPorts: { from: 15400, to: 15499 }
  webrtc: { port: 0, workers: 1 }
registrar: { domains: [phones.example] }
http: { address: 127.0.0.1, port: 0, tls: true }
database: { path: ../data/dialtrace.db, keyFile: ../data/dialtrace.key, backupDirectory: ../data/backups }
recording: { directory: ../data/recordings }
runFile: ../data/gateway.json
drainSeconds: 0
`;

const PLAN = `
sources: [{ id: ads, name: Ads, source: ads }]
lines: [{ id: desk, name: Desk, type: user, user: demo }]
numbers: [{ number: '+12025550188', source: ads, lines: [desk] }]
`;

let place: Place;
let child: ChildProcess | undefined;
beforeEach(async () => {
  place = await makePlace(CONFIG, PLAN);
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await place.remove();
});

/** Starts the gateway; resolves with what it said up to the softphone's last words. */
const start = (until: RegExp): Promise<string> =>
  new Promise((done, fail) => {
    const started = place.spawn('start', '--no-self-test');
    child = started;
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      if (until.test(text)) done(text);
    };
    started.stdout?.on('data', take);
    started.stderr?.on('data', take);
    started.on('close', () => fail(new Error(`it ended: ${text}`)));
  });

const stop = async (): Promise<void> => {
  const ended = child;
  child = undefined;
  await new Promise((done) => {
    ended?.on('close', done);
    ended?.kill('SIGTERM');
  });
};

/** The status of /healthz, when the certificate is good for localhost. */
const health = (port: number, ca: string): Promise<number | undefined> =>
  new Promise((done, fail) => {
    const options = { host: '127.0.0.1', port, path: '/healthz', ca, servername: 'localhost', agent: false };
    request(options, (answer) => {
      answer.resume();
      done(answer.statusCode);
    })
      .on('error', fail)
      .end();
  });

const shownAt = (port: number): Promise<string> =>
  new Promise((done, fail) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      done(socket.getPeerX509Certificate()?.fingerprint256 ?? 'none');
      socket.destroy();
    });
    socket.on('error', fail);
  });

const portOf = (hostport: string | undefined): number => Number(hostport?.split(':').at(-1));

const eventually = async (look: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 20_000;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error('it did not come to pass');
    await new Promise((done) => setTimeout(done, 100));
  }
};

it('makes certificate and demo agent at the first start, and keeps both', async () => {
  const said = await start(/Then ring yourself.*\n/);
  const password = (await readFile(place.path('data/demo-password'), 'utf8')).trim();
  expect(password).toMatch(/^[A-Za-z0-9]{16}$/);
  expect((await stat(place.path('data/demo-password'))).mode & 0o777).toBe(0o600);
  expect(said).toContain(`Log in as demo, password ${password} (kept in `);
  expect(said).toMatch(/Softphone +https:\/\/localhost:\d+\/phone\n/);
  expect(said).toContain('npx dialtrace test-call +12025550188');
  expect(said).toContain('self-signed');
  const users = JSON.parse((await place.run('user', 'list', '--json')).stdout);
  expect(users).toMatchObject([{ name: 'demo', realm: 'phones.example', disabled: false }]);

  const running = await readRunFile(place.path('data/gateway.json'));
  expect(running?.https).toBe(true);
  const http = portOf(running?.http);
  const wss = portOf(running?.sip.find((hostport) => hostport.startsWith('wss/')));
  const ca = await readFile(place.path('data/tls/self-signed.crt'), 'utf8');
  expect(await health(http, ca)).toBe(200);
  const before = await shownAt(http);
  expect(await shownAt(wss)).toBe(before);
  const doctor = JSON.parse((await place.run('doctor', '--json')).stdout);
  const check = (name: string) => doctor.checks.find((each: { name: string }) => each.name === name);
  expect(check('Gateway').state).toBe('ok');
  expect(check('Certificate')).toMatchObject({ state: 'ok', text: expect.stringContaining('self-signed') });
  expect(check('Softphone').state).toBe('ok');
  // A command that talks to the API.
  expect((await place.run('ban', 'list')).code).toBe(0);

  await rm(place.path('data/tls/self-signed.crt'));
  child?.kill('SIGHUP');
  await eventually(async () => (await shownAt(http)) !== before);
  await eventually(async () => (await shownAt(wss)) === (await shownAt(http)));
  await stop();

  // A later start finds what this one made.
  const config = loadGatewayConfig(place.path('config/dialtrace.yaml'), {});
  const store = await openStore(storeOptions(config, true), silentLogger);
  expect(await findDemoAgent(store, config)).toMatchObject({
    name: 'demo',
    password: undefined,
    number: '+12025550188',
  });
  await store.close();
}, 90_000);

it('makes no demo agent where there is a user, or nobody could ring it', async () => {
  const config = loadGatewayConfig(place.path('config/dialtrace.yaml'), {});
  const store = await openStore(storeOptions(config, false), silentLogger);
  try {
    expect(await makeDemoAgent(store, config, Date.now())).toBeUndefined();
    await applyPlan(store, readPlan(config));
    const off = { ...config, phone: { ...config.phone, enabled: false } };
    expect(await makeDemoAgent(store, off, Date.now())).toBeUndefined();
    expect((await place.run('user', 'add', 'alice', '--generate')).code).toBe(0);
    expect(await makeDemoAgent(store, config, Date.now())).toBeUndefined();
    await expect(stat(place.path('data/demo-password'))).rejects.toThrow();
    expect(await findDemoAgent(store, config)).toBeUndefined();
    await store.users.remove('alice');
    expect(await makeDemoAgent(store, config, Date.now())).toMatchObject({ name: 'demo' });
  } finally {
    await store.close();
  }
});
