import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commandOf } from '../support/command.ts';
import { header, hostPort, need, userOf } from '../support/sip-message.ts';
import { openSipPeer, type PeerCall, type SipPeer } from '../support/sip-peer.ts';
import { CALLER, CARRIER, LINE, openStage, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Several gateways of one trunk, their health, and the limits of trunks. */

const [TO_PAIR, TO_LOST, TO_DEAD, TO_NARROW, TO_SHARED] = [
  '+493023125031',
  '+493023125032',
  '+493023125033',
  '+493023125034',
  '+493023125035',
] as const;
const DESK = '+493023125444';
const QUICK_AT = '127.0.0.41';

const often = { optionsSeconds: 1, downAfter: 2, upAfter: 2 };
const never = { optionsSeconds: 0 };

let stage: Stage;
let quick: SipPeer;
let lost: string;
beforeAll(async () => {
  const gone = await openSipPeer({ address: LINE });
  await gone.close();
  lost = `sip:${hostPort(gone)}`;
  quick = await openSipPeer({ address: QUICK_AT, user: 'carrier' });
  stage = await openStage({
    extend: ({ first, second }) => {
      const [one, two] = [`sip:${hostPort(first)}`, `sip:${hostPort(second)}`];
      const line = (id: string, ringTimeoutSeconds = 20) => ({
        id,
        type: 'trunk' as const,
        trunk: id,
        number: DESK,
        ringTimeoutSeconds,
      });
      const number = (did: string, ...lines: string[]) => ({ number: did, source: 'summer-ads', lines });
      return {
        trunks: [
          {
            id: 'pair',
            region: 'DE',
            gateways: [
              { uri: two, priority: 2 },
              { uri: one, weight: 5 },
            ],
            health: often,
            headers: {
              add: { 'X-Account': '4711', 'P-Asserted-Identity': `<sip:4711@carrier.example>` },
              remove: ['Diversion', 'x-dialtrace-call'],
            },
          },
          {
            id: 'lost',
            region: 'DE',
            gateways: [{ uri: lost }, { uri: two, priority: 2 }],
            health: never,
          },
          { id: 'dead', region: 'DE', gateway: lost, health: { ...often, downAfter: 1 } },
          { id: 'narrow', region: 'DE', gateway: one, maxCalls: 1, health: never },
          {
            id: 'quick',
            region: 'DE',
            sources: [QUICK_AT],
            gateway: two,
            maxCallsPerSecond: 0.5,
            health: never,
          },
        ],
        lines: [line('pair'), line('lost'), line('dead'), line('narrow'), line('quick')],
        numbers: [
          number(TO_PAIR, 'pair'),
          number(TO_LOST, 'lost'),
          number(TO_DEAD, 'dead'),
          number(TO_NARROW, 'narrow', 'second'),
          number(TO_SHARED, 'quick'),
        ],
      };
    },
  });
});
afterAll(async () => {
  await quick?.close();
  await stage?.close();
});

type Gateway = { uri: string; state: string; rttMs: number | null; lastError: string | null };
type Trunk = {
  id: string;
  status: { gateways: Gateway[]; calls: { in: number; out: number; refused: number } };
};

const statusOfTrunk = async (id: string): Promise<Trunk['status']> => {
  const response = await fetch(`http://${hostPort(stage.gateway.http)}/v1/trunks`);
  const { trunks } = (await response.json()) as { trunks: readonly Trunk[] };
  const trunk = trunks.find((one) => one.id === id);
  if (!trunk) throw new Error(`no trunk ${id}`);
  return trunk.status;
};

const stateOf = async (id: string, peer: SipPeer): Promise<string | undefined> =>
  (await statusOfTrunk(id)).gateways.find(({ uri }) => uri === `sip:${hostPort(peer)}`)?.state;

const reaches = (id: string, peer: SipPeer, state: string): Promise<unknown> =>
  until(`${id} is ${state}`, async () => (await stateOf(id, peer)) === state, {
    timeoutMs: 8000,
    everyMs: 100,
  });

const dial = async (did: string): Promise<PeerCall> =>
  stage.dial({ did, media: await stage.phone(CARRIER, { frequency: 400 }) });

/** Hangs up a call that a line took, and waits for its record. */
const hangUp = async (call: PeerCall) => {
  await call.bye();
  return stage.record(call);
};

const accepting =
  (taken: PeerCall[]) =>
  (line: PeerCall): void => {
    taken.push(line);
    void stage.phone(LINE, { frequency: 700 }).then((far) => line.accept(far));
  };

let byFirst: PeerCall[];
let bySecond: PeerCall[];
beforeEach(() => {
  [byFirst, bySecond] = [[], []];
  stage.first.onCall(accepting(byFirst));
  stage.second.onCall(accepting(bySecond));
});
afterEach(() => {
  stage.first.onRequest(() => false);
});

describe('several gateways', () => {
  test('are asked by OPTIONS; one is down after some failures, and up after some answers', async () => {
    await reaches('pair', stage.first, 'up');
    expect((await statusOfTrunk('pair')).gateways[1]).toMatchObject({
      lastError: null,
      rttMs: expect.any(Number),
    });
    let asked = 0;
    stage.first.onRequest((request, answer) => {
      if (request.method !== 'OPTIONS') return false;
      asked += 1;
      answer(503, 'Service Unavailable');
      return true;
    });
    await until('one OPTIONS', () => asked >= 1);
    const afterOne = await stateOf('pair', stage.first);
    if (asked === 1) expect(afterOne).toBe('up');
    await reaches('pair', stage.first, 'down');
    expect(asked).toBeGreaterThanOrEqual(2);
    expect((await stage.gateway.metrics()).text).toContain(
      `dialtrace_trunk_up{trunk="pair",gateway="sip:${hostPort(stage.first)}"} 0\n`,
    );

    // Calls go to the spare one at once.
    const call = await dial(TO_PAIR);
    expect(statusOf(await call.final())).toBe(200);
    expect([byFirst.length, bySecond.length]).toEqual([0, 1]);
    await hangUp(call);

    let answered = 0;
    stage.first.onRequest((request) => {
      if (request.method === 'OPTIONS') answered += 1;
      return false;
    });
    await reaches('pair', stage.first, 'up');
    expect(answered).toBeGreaterThanOrEqual(2);
  });

  test('take calls by priority, with the headers that the trunk wants', async () => {
    await reaches('pair', stage.first, 'up');
    const call = await dial(TO_PAIR);
    expect(statusOf(await call.final())).toBe(200);
    const row = await hangUp(call);
    expect([byFirst.length, bySecond.length]).toEqual([1, 0]);
    const [line] = byFirst;
    if (!line) throw new Error('unreachable');
    expect(line.invite.uri).toBe(`sip:${DESK}@${hostPort(stage.first)}`);
    expect(header(line.invite, 'x-account')).toBe('4711');
    expect(header(line.invite, 'p-asserted-identity')).toBe('<sip:4711@carrier.example>');
    expect(header(line.invite, 'diversion')).toBeUndefined();
    expect(header(line.invite, 'x-dialtrace-call')).toBeUndefined();
    expect(userOf(need(line.invite, 'from'))).toBe(CALLER);
    expect(row.legs[1]).toMatchObject({ trunk_id: 'pair', uri: line.invite.uri });
  });

  test.each([503, 500])(
    'stand in for one that answers %i, though not for one that has rung',
    async (status) => {
      stage.first.onCall((line) => {
        byFirst.push(line);
        line.respond(100, 'Trying');
        line.respond(status, 'No');
      });
      const call = await dial(TO_PAIR);
      expect(statusOf(await call.final())).toBe(200);
      const row = await hangUp(call);
      expect([byFirst.length, bySecond.length]).toEqual([1, 1]);
      expect(row.legs).toHaveLength(2);
      expect(row.legs[1]).toMatchObject({
        outcome: 'answered',
        uri: `sip:${DESK}@${hostPort(stage.second)}`,
      });
      expect(row.events.find(({ type }) => type === 'next-gateway')?.text).toContain(`(${status} No)`);

      stage.first.onCall((line) => {
        byFirst.push(line);
        line.respond(180, 'Ringing');
        line.respond(status, 'No');
      });
      const rung = await dial(TO_PAIR);
      expect(statusOf(await rung.final())).toBeGreaterThanOrEqual(480);
      await stage.record(rung);
      expect([byFirst.length, bySecond.length]).toEqual([2, 1]);
    },
  );

  test.each([486, 404])('do not stand in for one that answers %i', async (status) => {
    stage.first.onCall((line) => line.respond(status, 'No'));
    const call = await dial(TO_PAIR);
    await call.final();
    const row = await stage.record(call);
    expect(bySecond).toHaveLength(0);
    expect(row.legs[1]).toMatchObject({ sip_code: status });
  });

  test('stand in for one that says nothing at all, within seconds', async () => {
    const call = await dial(TO_LOST);
    expect(statusOf(await call.final())).toBe(200);
    const row = await hangUp(call);
    const waited = (row.legs[1]?.answered_at ?? 0) - row.call.started_at;
    expect(waited).toBeGreaterThan(3500);
    expect(waited).toBeLessThan(9000);
    expect(bySecond).toHaveLength(1);
    expect((await statusOfTrunk('lost')).gateways[0]).toMatchObject({
      lastError: 'INVITE: 408 Request Timeout',
    });
  });

  test('a line keeps trying behind one that gives 100 alone', async () => {
    stage.first.onCall((line) => {
      byFirst.push(line);
      line.respond(100, 'Trying');
    });
    const call = await dial(TO_PAIR);
    await until('the call', () => byFirst.length === 1);
    // Longer than silence is borne.
    await sleep(5000);
    expect(bySecond).toHaveLength(0);
    byFirst[0]?.accept(await stage.phone(LINE, { frequency: 700 }));
    expect(statusOf(await call.final())).toBe(200);
    await hangUp(call);
  });
});

test('a line behind a trunk that is down fails within seconds, not after its ring time', async () => {
  await until('dead is down', async () => (await statusOfTrunk('dead')).gateways[0]?.state === 'down', {
    timeoutMs: 8000,
  });
  const call = await dial(TO_DEAD);
  expect(statusOf(await call.final())).toBe(480);
  const row = await stage.record(call);
  expect(row.call.status).toBe('unreachable');
  expect((row.call.ended_at ?? 0) - row.call.started_at).toBeLessThan(8000);
  expect(row.events.find(({ type }) => type === 'dialling')?.text).toContain('none of its gateways answers');
});

describe('limits', () => {
  test('a full trunk leaves a call to the next line', async () => {
    const one = await dial(TO_NARROW);
    expect(statusOf(await one.final())).toBe(200);
    expect((await statusOfTrunk('narrow')).calls).toMatchObject({ in: 0, out: 1 });
    const two = await dial(TO_NARROW);
    expect(statusOf(await two.final())).toBe(200);
    expect([byFirst.length, bySecond.length]).toEqual([1, 1]);
    const row = await hangUp(two);
    expect(row.legs[1]).toMatchObject({
      outcome: 'unreachable',
      sip_reason: 'trunk narrow has its 1 calls up already',
      q850_cause: 34,
    });
    expect(row.legs[2]).toMatchObject({ line_id: 'second', outcome: 'answered' });
    await hangUp(one);
    expect((await statusOfTrunk('narrow')).calls).toMatchObject({ out: 0, refused: 1 });
  });

  test('calls a second count both ways', async () => {
    const invite = async (): Promise<PeerCall> =>
      quick.invite({ to: stage.gateway.sip, did: TO_PAIR, media: await stage.phone(QUICK_AT) });
    const first = await invite();
    expect(statusOf(await first.final())).toBe(200);
    const second = await invite();
    const refused = await second.final();
    expect(statusOf(refused)).toBe(503);
    expect(need(refused, 'retry-after')).toBe('1');
    expect((await stage.record(second)).call).toMatchObject({ status: 'failed', q850_cause: 42 });
    const through = await dial(TO_SHARED);
    expect(statusOf(await through.final())).toBe(480);
    await hangUp(first);
    await sleep(2100);
    const later = await dial(TO_SHARED);
    expect(statusOf(await later.final())).toBe(200);
    await hangUp(later);
  });
});

test('`dialtrace trunk status` and `doctor` tell how trunks stand', async () => {
  await reaches('pair', stage.first, 'up');
  const run = commandOf(stage.gateway);
  const [table, doctor] = await Promise.all([run('trunk', 'status'), run('doctor')]);
  expect(table.code).toBe(0);
  expect(table.stdout).toMatch(
    /^Trunk\s+Gateway\s+State\s+Since\s+RTT\s+Calls\s+Registration\s+Last error$/m,
  );
  expect(table.stdout).toMatch(/^dead\s+sip:\S+\s+down .* 0 .*OPTIONS: no answer within 1 s$/m);
  expect(table.stdout).toMatch(new RegExp(`^\\s+sip:${hostPort(stage.first)}\\s+up .* ms`, 'm'));
  expect(table.stdout).toMatch(/^narrow .* 0\/1/m);
  expect(doctor.stdout).toMatch(/FAIL\s+Trunk dead\s+sip:\S+ is down since .*OPTIONS: no answer within 1 s/);
  expect(doctor.stdout).toMatch(/ok\s+Trunk pair\s+sip:\S+ is up, answered OPTIONS in \d+ ms/);
});
