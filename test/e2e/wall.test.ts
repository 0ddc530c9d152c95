import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commandOf } from '../support/command.ts';
import { authorization, parameterOf } from '../support/digest.ts';
import { hostPort, need } from '../support/sip-message.ts';
import { openSipPeer, type SipPeer } from '../support/sip-peer.ts';
import { CALLER, CARRIER, DID, LINE, openStage, STRANGER, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Scanners and guessers are banned, carriers and callers never; bans are seen, lifted, made by hand and kept. */

const REALM = 'pbx.branch.example';
const BRANCH = { username: 'branch', password: 'right' };

let stage: Stage;
let stranger: SipPeer;
beforeAll(async () => {
  stage = await openStage({
    trunks: [
      { id: 'carrier', sources: [CARRIER], region: 'DE' },
      { id: 'branch', digest: { realm: REALM, ...BRANCH }, region: 'DE' },
    ],
  });
});
beforeEach(async () => {
  stranger = await openSipPeer({ address: STRANGER, retransmit: false });
});
afterEach(async () => {
  await stranger?.close();
  for (const { cidr } of await bans()) await api(`/${encodeURIComponent(cidr)}`, 'DELETE');
});
afterAll(() => stage?.close());

type Listed = {
  readonly cidr: string;
  readonly by: string;
  readonly reason: string;
  readonly count: number;
  readonly dropped: number | null;
};

const dialtrace = (...words: string[]) => commandOf(stage.gateway)(...words);

/** Starting a command takes its time: what isn't about commands asks the API. */
const api = (path: string, method = 'GET', body?: object): Promise<Response> =>
  fetch(`http://${hostPort(stage.gateway.http)}/v1/bans${path}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
const bans = async (): Promise<Listed[]> => ((await (await api('')).json()) as { bans: Listed[] }).bans;

/** Waits for a ban of the stranger. */
const banned = async (): Promise<Listed> =>
  until('the ban', async () => (await bans()).find(({ cidr }) => cidr === STRANGER), { everyMs: 200 });

/** An INVITE of the branch from anywhere, challenged and then answered with this password; the final response. */
const branchCall = async (password: string, did: string = DID.first): Promise<number> => {
  const from = `<sip:${CALLER}@${REALM}>`;
  const first = stranger.invite({ to: stage.gateway.sip, did, from });
  const challenge = need(await first.final(), 'www-authenticate');
  expect(parameterOf(challenge, 'realm')).toBe(REALM);
  const uri = `sip:${did}@127.0.0.1`;
  const credentials = authorization(challenge, { ...BRANCH, password }, 'INVITE', uri);
  const call = stranger.invite({
    to: stage.gateway.sip,
    did,
    from,
    headers: [['Authorization', credentials]],
  });
  return statusOf(await call.final());
};

const scan = (): void => {
  void stranger
    .request('OPTIONS', stage.gateway.sip, { headers: [['User-Agent', 'friendly-scanner']] })
    .catch(() => undefined);
};

describe('a scanner', () => {
  test('is banned at once and gets no byte; the list shows it, and lifting the ban lets it in', async () => {
    scan();
    expect(await banned()).toMatchObject({ by: 'wall', reason: 'a known scanner', count: 1 });
    // Nor with a request that would be challenged.
    stranger.invite({ to: stage.gateway.sip, did: DID.first, from: `<sip:${CALLER}@${REALM}>` });
    await sleep(700);
    expect(stranger.received).toEqual([]);
    expect((await bans())[0]?.dropped).toBeGreaterThan(0);
    const metrics = await stage.gateway.metrics();
    expect(metrics.value('dialtrace_sip_bans')).toBe(1);
    expect(metrics.value('dialtrace_sip_dropped_banned')).toBeGreaterThan(0);

    const table = await dialtrace('ban', 'list');
    expect(table.stdout).toContain(STRANGER);
    expect(table.stdout).toContain('a known scanner');
    expect(await dialtrace('ban', 'remove', STRANGER)).toMatchObject({ code: 0 });
    expect(await bans()).toEqual([]);
    expect(await branchCall('wrong')).toBe(403);
  });

  test('stays banned over a restart', async () => {
    scan();
    await banned();
    expect(await stage.gateway.stop()).toBe(0);
    const kept = JSON.parse((await dialtrace('ban', 'list', '--json')).stdout);
    expect(kept).toMatchObject([{ cidr: STRANGER, by: 'wall', dropped: null }]);
    await stage.gateway.restart();
    stranger.invite({ to: stage.gateway.sip, did: DID.first, from: `<sip:${CALLER}@${REALM}>` });
    await sleep(700);
    expect(stranger.received).toEqual([]);
    expect(await bans()).toMatchObject([{ cidr: STRANGER, by: 'wall', count: 1 }]);
  });
});

describe('wrong passwords', () => {
  test('the tenth bans, and then there is silence', async () => {
    for (let at = 0; at < 10; at += 1) expect(await branchCall('wrong')).toBe(403);
    expect((await banned()).reason).toContain('wrong credentials');
    const before = stranger.received.length;
    stranger.invite({ to: stage.gateway.sip, did: DID.first, from: `<sip:${CALLER}@${REALM}>` });
    await sleep(700);
    expect(stranger.received).toHaveLength(before);
  });
});

describe('who is wanted', () => {
  test('a carrier with a hundred numbers that nobody has is never banned', async () => {
    for (let at = 0; at < 100; at += 1) {
      const call = stage.dial({ did: `+4930231258${String(at).padStart(2, '0')}` });
      expect(statusOf(await call.final())).toBe(404);
    }
    expect(await bans()).toEqual([]);
    const row = await stage.finish(await stage.answered(), { talkMs: 200 });
    expect(row.call.status).toBe('answered');
  });

  test('a line that we call may ask what it likes', async () => {
    await stage.finish(await stage.answered(), { talkMs: 200 });
    for (let at = 0; at < 30; at += 1)
      void stage.first.request('OPTIONS', stage.gateway.sip).catch(() => undefined);
    await sleep(500);
    expect(await bans()).toEqual([]);
    const row = await stage.finish(await stage.answered(), { talkMs: 200 });
    expect(row.call.status).toBe('answered');
  });
});

describe('bans by hand', () => {
  test('hold for networks, and for carriers only with --force', async () => {
    const refused = await dialtrace('ban', 'add', CARRIER);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--force');
    expect(await dialtrace('ban', 'add', `${CARRIER}/32`, '--force', '--for', '1h')).toMatchObject({
      code: 0,
    });
    const call = stage.dial({ did: DID.first });
    await sleep(700);
    expect(call.responses).toEqual([]);
    expect((await api(`/${CARRIER}`, 'DELETE')).status).toBe(200);
    // The INVITE is repeated until somebody answers.
    expect(statusOf(await call.final())).toBeGreaterThanOrEqual(200);
  });

  test('end by themselves', async () => {
    const made = await api('', 'POST', { cidr: LINE, force: true, seconds: 2, reason: 'a test' });
    expect(made.status).toBe(200);
    expect(await bans()).toMatchObject([{ cidr: LINE, by: 'hand', reason: 'a test' }]);
    await until('the end of the ban', async () => (await bans()).length === 0, { everyMs: 300 });
  });
});
