import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import {
  type CallBackOrder,
  type CallBackRequest,
  type CallBackResult,
  type CallBacks,
  cancelCallBack,
  createCallBacks,
  retryCallBack,
} from '../../../src/buttons/index.ts';
import { type ButtonPlan, parseTrackingPlan } from '../../../src/config/index.ts';
import { type CallBackTable, openStore, type Store } from '../../../src/store/index.ts';
import { applyPlan, createLivePlan, createTurns, type LivePlanReader } from '../../../src/tracking/index.ts';
import { NO_VISIT } from '../../support/tracking-rows.ts';
import { until } from '../../support/wait.ts';

/** Requests and when they are called, on a database on disk and at a clock of the test's. */

const NUMBER = '+493023125001';
/** Of a line of the business. */
const LINE = '+493023125777';
/** In the pages of the site, and in no ad. */
const SHOP = '+493023125888';
const BLOCKED = '+493023125999';
const VISITOR = '+493023125901';
const MINUTE = 60_000;
/** A Monday, noon in Berlin. */
const NOON = Date.UTC(2026, 10, 23, 11);

let folder: string;
let store: Store;
let live: LivePlanReader;
let callBacks: CallBacks;
let clock: number;
let draining: boolean;
/** What the calls are told, in order; each waits for an answer of the test's. */
let orders: { readonly order: CallBackOrder; readonly end: (result: CallBackResult) => void }[];

const apply = async (callback: object = {}): Promise<void> => {
  const plan = parseTrackingPlan(
    {
      sources: [{ id: 'ads', name: 'Ads', source: 'google', medium: 'cpc' }],
      lines: [
        { id: 'echo', type: 'echo' },
        { id: 'mobile', type: 'trunk', number: LINE, trunk: 'carrier' },
      ],
      schedules: [{ id: 'week', timezone: 'Europe/Berlin', hours: { mon: ['09:00-17:00'] } }],
      numbers: [{ number: NUMBER, source: 'ads', lines: ['echo'] }],
      sites: [{ id: 'main', hosts: ['www.example.com'], targets: [{ number: NUMBER }, { number: SHOP }] }],
      blockedCallers: [BLOCKED],
      buttons: [
        { id: 'sales', site: 'main', number: NUMBER, lines: ['echo'], callback },
        { id: 'office', site: 'main', number: NUMBER, lines: ['echo'], schedule: 'week', callback },
      ],
    },
    { trunkIds: ['carrier'], defaultRegion: 'DE' },
  );
  await applyPlan(store, plan, clock);
  await live.refresh();
};

const start = (): CallBacks =>
  createCallBacks({
    store,
    turns: createTurns(store),
    plan: live.current,
    limits: { callbacksPerDay: 2, callsPerSite: 2 },
    regions: ['DE'],
    canDial: () => true,
    place: (order) => new Promise((end) => orders.push({ order, end })),
    isDraining: () => draining,
    logger: silentLogger,
    now: () => clock,
    everyMs: 5,
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-call-backs-'));
  const paths = { path: join(folder, 'a.db'), keyFile: join(folder, 'a.key'), backupDirectory: folder };
  store = await openStore(paths, silentLogger);
  live = createLivePlan(store, silentLogger, 0);
  clock = NOON;
  draining = false;
  orders = [];
  await apply();
  callBacks = start();
  callBacks.start();
});
afterEach(async () => {
  for (const { end } of orders) end({ end: 'not-now', reason: 'the test is over' });
  await callBacks.stop();
  await store.close();
  await rm(folder, { recursive: true });
});

const button = (id: string): ButtonPlan => {
  const found = live.current().buttons.get(id);
  if (!found) throw new Error(`no button ${id}`);
  return found;
};

let presses = 0;
const ask = (more: Partial<CallBackRequest> = {}) => {
  presses += 1;
  return callBacks.askForCallBack({
    button: button('sales'),
    pressId: `press-${presses}`,
    viewer: `viewer-${presses}`,
    visitId: undefined,
    experimentId: undefined,
    arm: undefined,
    intent: undefined,
    device: 'desktop',
    page: '/offer',
    verified: 'none',
    number: VISITOR,
    consent: true,
    addressHmac: 'abc',
    language: 'zh-CN',
    ...more,
  });
};

const taken = async (more: Partial<CallBackRequest> = {}) => {
  const verdict = await ask(more);
  if (verdict.type === 'refused') throw new Error(verdict.reason);
  return verdict;
};

const row = (id: string): Promise<CallBackTable> =>
  store.db.selectFrom('call_back').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

const ordered = (count: number) =>
  until(`${count} orders`, () => (orders.length >= count ? orders[count - 1] : undefined));

const state = (id: string, wanted: CallBackTable['state']) =>
  until(`${id} is ${wanted}`, async () => {
    const found = await row(id);
    return found.state === wanted ? found : undefined;
  });

const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

describe('a request', () => {
  it('is kept with its number sealed and the words that were agreed to, and called at once', async () => {
    const { id, state: when } = await taken();
    expect(when).toBe('now');
    const { order } = await ordered(1);
    expect(order).toMatchObject({
      id,
      number: VISITOR,
      region: 'DE',
      // Nine in the evening of Berlin.
      notFrom: Date.UTC(2026, 10, 23, 20),
      web: { kind: 'callback', button_id: 'sales', pressed_at: NOON, page: '/offer', origin: null },
    });
    const kept = await row(id);
    expect(kept).toMatchObject({
      state: 'calling',
      number_masked: '+493*******01',
      requested_at: NOON,
      consent_at: NOON,
      consent_text: '我同意就此次咨询通过该号码接听回电。',
      tries: 0,
    });
    expect(store.vault.reveal(kept.number_encrypted)).toBe(VISITOR);
  });

  it('is one, however often its press or its viewer sends it', async () => {
    const first = await taken({ pressId: 'same', viewer: 'somebody' });
    expect(await taken({ pressId: 'same' })).toMatchObject({ id: first.id });
    expect(await taken({ viewer: 'somebody' })).toMatchObject({ id: first.id });
    expect(await ask()).toMatchObject({ type: 'refused', code: 'too-many' });
    expect(await ask({ number: '030 23125901' })).toMatchObject({ code: 'too-many' });
    expect((await ask({ number: '+493023125902' })).type).toBe('taken');
  });

  it('has its number corrected by the same press, until it is called', async () => {
    clock = Date.UTC(2026, 10, 23, 22);
    const right = '+493023125902';
    const first = await taken({ pressId: 'same', verified: 'confirm' });
    expect(await ask({ pressId: 'same', number: '112' })).toMatchObject({ code: 'emergency' });
    expect(await taken({ pressId: 'same', number: right })).toMatchObject({ id: first.id, state: 'later' });
    const kept = await row(first.id);
    expect(store.vault.reveal(kept.number_encrypted)).toBe(right);
    expect(kept).toMatchObject({ number_masked: '+493*******02', number_hmac: store.vault.hmac(right) });
    clock = Date.UTC(2026, 10, 24, 7);
    const { order, end } = await ordered(1);
    expect(order.number).toBe(right);
    expect(await ask({ pressId: 'same' })).toMatchObject({ type: 'refused', code: 'too-many' });
    end({ end: 'talked', reason: '' });
    await state(first.id, 'done');
    expect(await ask({ pressId: 'same' })).toMatchObject({ type: 'refused', code: 'too-many' });
    expect(orders).toHaveLength(1);
  });

  it('may be made twice a day for a number', async () => {
    for (const count of [1, 2]) {
      const { id } = await taken();
      (await ordered(count)).end({ end: 'talked', reason: '' });
      await state(id, 'done');
      clock += 60 * MINUTE;
    }
    expect(await ask()).toMatchObject({ type: 'refused', code: 'too-many', retryAfterSeconds: 22 * 3600 });
    clock += 22 * 60 * MINUTE;
    expect((await ask()).type).toBe('taken');
  });

  it('is refused for a number that nobody calls, and without consent', async () => {
    expect(await ask({ number: NUMBER })).toMatchObject({ type: 'refused', code: 'not-allowed' });
    expect(await ask({ number: SHOP })).toMatchObject({ type: 'refused', code: 'not-allowed' });
    expect(await ask({ number: LINE })).toMatchObject({ type: 'refused', code: 'not-allowed' });
    expect(await ask({ number: BLOCKED })).toMatchObject({ type: 'refused', code: 'blocked' });
    expect(await ask({ number: '112' })).toMatchObject({ type: 'refused', code: 'emergency' });
    expect(await ask({ consent: false })).toMatchObject({ type: 'refused', code: 'consent' });
    await aWhile();
    expect(orders).toEqual([]);
  });

  it('outside the hours of the visitor, or of the business, waits for them', async () => {
    clock = Date.UTC(2026, 10, 23, 19, 59);
    const office = await taken({ button: button('office') });
    expect(office).toMatchObject({ state: 'later', dueAt: Date.UTC(2026, 10, 30, 8) });
    clock = Date.UTC(2026, 10, 23, 20);
    const sales = await taken({ number: '+493023125902' });
    expect(sales).toMatchObject({ state: 'later', dueAt: Date.UTC(2026, 10, 24, 7) });
    await aWhile();
    expect(orders).toEqual([]);
    clock = Date.UTC(2026, 10, 24, 7);
    expect((await ordered(1)).order.id).toBe(sales.id);
  });
});

describe('an attempt', () => {
  it('is counted before the visitor is called, and made again after a while, up to the tries', async () => {
    const { id } = await taken();
    const first = await ordered(1);
    expect(await first.order.dialling()).toBe(true);
    expect(await row(id)).toMatchObject({ state: 'calling', tries: 1 });
    first.end({ end: 'visitor', reason: 'the visitor was not reached: busy' });
    expect(await state(id, 'waiting')).toMatchObject({ tries: 1, due_at: NOON + 15 * MINUTE });
    await aWhile();
    expect(orders).toHaveLength(1);
    clock += 15 * MINUTE;
    const second = await ordered(2);
    expect(await second.order.dialling()).toBe(true);
    second.end({ end: 'visitor', reason: 'the visitor was not reached: busy' });
    expect(await state(id, 'failed')).toMatchObject({
      tries: 2,
      reason: 'the visitor was not reached: busy',
    });
    expect(await second.order.dialling()).toBe(false);
  });

  it('that comes due in the night waits for the morning', async () => {
    clock = Date.UTC(2026, 10, 23, 19, 50);
    const { id } = await taken();
    (await ordered(1)).end({ end: 'nobody', reason: 'nobody answered' });
    await state(id, 'waiting');
    clock += 15 * MINUTE;
    await until('it is put off', async () => (await row(id)).due_at === Date.UTC(2026, 10, 24, 7));
    expect(orders).toHaveLength(1);
  });

  it('is not made for a visitor who has called meanwhile and was talked to', async () => {
    clock = Date.UTC(2026, 10, 23, 22);
    const { id } = await taken();
    await store.runs.start('RUN', clock);
    const { caller_hmac, caller_encrypted, caller_masked } = store.vault.seal(VISITOR);
    await store.calls.open(
      {
        ...NO_VISIT,
        id: 'CALL',
        run_id: 'RUN',
        direction: 'inbound',
        trunk_id: 'carrier',
        is_test: 0,
        started_at: clock + MINUTE,
        caller_hmac,
        caller_encrypted,
        caller_masked,
        caller_region: 'DE',
        anonymous: 0,
        did: NUMBER,
        did_raw: NUMBER,
        did_header: 'to',
        source_id: null,
        source_name: null,
        source: null,
        medium: null,
        campaign: null,
        cost_center: null,
        keyword: null,
        landing_page: null,
        match_method: 'none',
        match_prob: null,
        sip_call_id: null,
      },
      [],
    );
    await store.calls.update('CALL', { answered_at: clock + 2 * MINUTE });
    clock = Date.UTC(2026, 10, 24, 11);
    expect(await state(id, 'done')).toMatchObject({ reason: 'the visitor has called meanwhile' });
    expect(orders).toEqual([]);
  });

  it('is not made for a number that was blocked since, or a button that calls nobody any more', async () => {
    clock = Date.UTC(2026, 10, 23, 22);
    const { id } = await taken();
    await apply({ enabled: false });
    clock = Date.UTC(2026, 10, 24, 11);
    expect(await state(id, 'failed')).toMatchObject({ reason: 'the button calls nobody back any more' });
    expect(orders).toEqual([]);
  });

  it('is made for so many of a site at once, the one that waits longest first; none while the gateway drains', async () => {
    draining = true;
    const ids: string[] = [];
    for (const last of [2, 3, 4]) {
      ids.push((await taken({ number: `+49302312590${last}` })).id);
      clock += 1;
    }
    await aWhile();
    expect(orders).toEqual([]);
    draining = false;
    await ordered(2);
    await aWhile();
    expect(orders.map(({ order }) => order.id)).toEqual(ids.slice(0, 2));
    orders[0]?.end({ end: 'talked', reason: '' });
    expect((await ordered(3)).order.id).toBe(ids[2]);
  });

  it('that fails by a fault ends the request', async () => {
    const { id } = await taken();
    (await ordered(1)).end(Promise.reject(new Error('broken')) as never);
    expect(await state(id, 'failed')).toMatchObject({ reason: 'the gateway failed' });
  });
});

describe('after a start', () => {
  it('what was being called waits again: at once where the visitor heard nothing, later where it rang', async () => {
    const silent = await taken();
    const rung = await taken({ number: '+493023125902' });
    await ordered(2);
    const order = orders.find((each) => each.order.id === rung.id);
    await order?.order.dialling();
    // The run that called them is gone, and tells nothing any more.
    orders = [];
    callBacks = start();
    callBacks.start();
    expect((await ordered(1)).order.id).toBe(silent.id);
    expect(await state(rung.id, 'waiting')).toMatchObject({ due_at: NOON + 15 * MINUTE, tries: 1 });
    clock += 15 * MINUTE;
    expect((await ordered(2)).order.id).toBe(rung.id);
  });
});

describe('by order', () => {
  it('a request is taken back while it waits, and made again', async () => {
    clock = Date.UTC(2026, 10, 23, 22);
    const { id } = await taken();
    const cancelled = await store.exclusively((file) => cancelCallBack(file, id, 'a test'));
    expect(cancelled).toEqual({ done: true });
    expect(await row(id)).toMatchObject({ state: 'cancelled', reason: 'cancelled by a test' });
    const other = await taken();
    expect(await store.exclusively((file) => retryCallBack(file, id, clock))).toMatchObject({ done: false });
    await store.exclusively((file) => cancelCallBack(file, other.id, 'a test'));
    expect(await store.exclusively((file) => retryCallBack(file, id, clock))).toEqual({ done: true });
    await until('it waits for the morning', async () => (await row(id)).due_at === Date.UTC(2026, 10, 24, 7));
    clock = Date.UTC(2026, 10, 24, 7);
    await ordered(1);
    expect(await store.exclusively((file) => cancelCallBack(file, id, 'a test'))).toEqual({
      done: false,
      reason: 'It is being called.',
    });
    expect(await store.exclusively((file) => retryCallBack(file, id, clock))).toMatchObject({ done: false });
  });
});
