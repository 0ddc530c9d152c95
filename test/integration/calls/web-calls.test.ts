import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { silentLogger } from '../../../src/base/logger.ts';
import type { CallPass } from '../../../src/buttons/index.ts';
import { createRoutes } from '../../../src/calls/routes.ts';
import type { CallServices, CallToMatch } from '../../../src/calls/types.ts';
import { prepareWebCall } from '../../../src/calls/web/index.ts';
import { type ButtonPlan, buttonSchema, parseTrackingPlan } from '../../../src/config/index.ts';
import type { Admittance, IncomingInvite } from '../../../src/sip/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { applyPlan, exportPlan, matchCall, planChanges } from '../../../src/tracking/index.ts';

const context = { trunkIds: [], defaultRegion: 'DE' } as const;
/** Sunday, 2026-11-22, 12:00 in Berlin. */
const SUNDAY = Date.UTC(2026, 10, 22, 11);
const MONDAY = SUNDAY + 86_400_000;

const BUTTON = {
  id: 'sales',
  name: 'Sales',
  site: 'main',
  number: '030 23125000',
  lines: ['desk'],
  source: 'web',
  schedule: 'office',
  closed: 'voicemail',
  closedFlow: 'mailbox',
  intents: [
    { id: 'repair', text: { en: 'A repair', zh: '售后' }, lines: ['workshop'] },
    { id: 'other', text: 'Else' },
  ],
};

const PLAN = {
  sources: [{ id: 'web', name: 'The web site', source: 'website', medium: 'button' }],
  lines: [
    { id: 'desk', type: 'echo' },
    { id: 'workshop', type: 'echo' },
  ],
  numbers: [{ number: '030 23125001', source: 'web', lines: ['desk'] }],
  sites: [{ id: 'main', hosts: ['www.acme.example'], targets: [{ number: '030 23125000' }] }],
  schedules: [{ id: 'office', timezone: 'Europe/Berlin', hours: { mon: ['09:00-17:00'] } }],
  flows: [{ id: 'mailbox', start: 'take', steps: { take: { do: 'voicemail', box: 'sales' } } }],
  buttons: [BUTTON],
};

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-web-'));
  const options = { path: join(folder, 'a.db'), keyFile: join(folder, 'a.key'), backupDirectory: folder };
  store = await openStore(options, silentLogger);
  await applyPlan(store, parseTrackingPlan(PLAN, context));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const pass = (more: Partial<CallPass> = {}): CallPass => ({
  jti: 'j',
  buttonId: 'sales',
  siteId: 'main',
  origin: 'https://www.acme.example',
  pressId: 'p'.repeat(22),
  viewer: 'e-viewer',
  visitId: undefined,
  experimentId: undefined,
  arm: undefined,
  intent: undefined,
  page: '/roof',
  device: 'desktop',
  pressedAt: MONDAY - 900,
  verified: 'none',
  sealedNumber: undefined,
  language: 'en',
  network: 'n'.repeat(22),
  expiresAt: MONDAY / 1000 + 60,
  ...more,
});

const ADMITTED: Admittance = { type: 'admitted', leave: () => undefined };

type Given = {
  readonly at?: number;
  readonly pass?: Partial<CallPass>;
  readonly button?: Partial<ButtonPlan>;
  readonly room?: Admittance;
};

const prepare = async ({ at = MONDAY, room = ADMITTED, ...given }: Given = {}) => {
  const plan = parseTrackingPlan(PLAN, context);
  const sources = await store.db.selectFrom('source').selectAll().execute();
  const match = (call: CallToMatch) =>
    store.exclusively((file) =>
      matchCall(file, { sites: new Map(plan.sites.map((site) => [site.id, site])) }, call),
    );
  const services = {
    runId: 'r',
    store,
    tracking: { match, sources: () => sources },
    recording: { enabled: true },
    userRules: { trunk: undefined },
  } as unknown as CallServices;
  const button = { ...buttonSchema.parse(plan.buttons[0]), ...given.button };
  const invite = { sipCallId: 'sip' } as IncomingInvite;
  return prepareWebCall(
    services,
    createRoutes({ store, logger: silentLogger }),
    { id: 'call', startedAt: at, invite },
    { pass: pass(given.pass), button, room, draining: false },
  );
};

const dialled = async (given?: Given) => {
  const { decision } = await prepare(given);
  if (decision.type === 'refuse') throw new Error(decision.reason);
  return decision;
};

const visit = (id: string): Promise<unknown> =>
  store.exclusively((file) =>
    file
      .prepare(
        `INSERT INTO visit (id, visitor_id, site_id, started_at, last_seen_at, landing_url, last_url, channel, source, medium,
          campaign, click_ids, device, pages) VALUES (?, 'somebody', 'main', ?, ?, 'https://x/', 'https://x/', 'paid', 'google',
          'cpc', 'brand', '{}', 'desktop', 1)`,
      )
      .run(id, MONDAY - 60_000, MONDAY - 1000),
  );

describe('the call of a call button', () => {
  it('goes to the lines of the button, and to those of its intent', async () => {
    expect((await dialled()).lines.map(({ id }) => id)).toEqual(['desk']);
    expect((await dialled({ pass: { intent: 'repair' } })).lines.map(({ id }) => id)).toEqual(['workshop']);
    expect((await dialled({ pass: { intent: 'other' } })).lines.map(({ id }) => id)).toEqual(['desk']);
  });

  it('runs the flow that takes a message when nobody is there', async () => {
    const { lines, flow } = await dialled({ at: SUNDAY });
    expect(lines).toEqual([]);
    expect(flow).toEqual({ id: 'mailbox', version: 1 });
  });

  it('is refused when nobody is there and messages are not taken', async () => {
    const { decision, notes } = await prepare({ at: SUNDAY, button: { closed: 'callback' } });
    expect(decision).toMatchObject({ type: 'refuse', sipCode: 480 });
    expect(notes.at(-1)?.text).toContain('office is closed');
  });

  it('belongs to the visit that its token names', async () => {
    await visit('v1');
    const { row, web, match } = await prepare({ pass: { visitId: 'v1' } });
    expect(match?.method).toBe('token');
    expect(row).toMatchObject({
      direction: 'inbound',
      did: null,
      anonymous: 0,
      source: 'google',
      campaign: 'brand',
      visit_id: 'v1',
      visitor_id: 'somebody',
      match_method: 'token',
      match_prob: 1,
    });
    expect(web).toMatchObject({ button_id: 'sales', visit_id: 'v1', page: '/roof', kind: 'browser' });
  });

  it('has the source of the button where no visit is known, and never a guess', async () => {
    await visit('v1');
    for (const visitId of [undefined, 'never-there']) {
      const { row } = await prepare({ pass: { visitId } });
      expect(row).toMatchObject({ source_id: 'web', source: 'website', visit_id: null });
    }
    const { row } = await prepare({ button: { source: undefined } });
    expect(row).toMatchObject({ source: null, match_method: 'none' });
  });

  it('bears the number that was proven by a code, sealed; else it has no caller', async () => {
    const { caller_encrypted: sealed } = store.vault.seal('+4915112345678');
    const sealedNumber = sealed?.toString('base64url');
    const { row, decision } = await prepare({ pass: { sealedNumber, verified: 'sms' } });
    expect(row).toMatchObject({ caller_hmac: store.vault.hmac('+4915112345678'), caller_region: 'DE' });
    expect(decision).toMatchObject({ caller: { number: '+4915112345678', isPhone: true } });
    const anybody = await prepare({ pass: { intent: 'repair' } });
    expect(anybody.row).toMatchObject({ caller_hmac: null, caller_encrypted: null });
    expect(anybody.decision).toMatchObject({
      caller: { number: 'visitor', isPhone: false, display: 'Sales, repair' },
    });
  });

  it('is shown to telephone networks under a tracking number, for the number on the page may be none of ours', async () => {
    expect((await dialled()).trackingNumber).toBe('+493023125001');
  });

  it('is refused while as many are up as may be', async () => {
    const room: Admittance = { type: 'full', reason: 'enough', retryAfterSeconds: 30 };
    expect((await prepare({ room })).decision).toMatchObject({ type: 'refuse', sipCode: 486 });
  });

  it('is refused for a number on the list of blocked callers', async () => {
    const { caller_encrypted: sealed } = store.vault.seal('+4915112345678');
    if (!sealed) throw new Error('not sealed');
    const hmac = store.vault.hmac('+4915112345678');
    await store.db.insertInto('blocked_caller').values({ hmac, number_encrypted: sealed }).execute();
    const { decision } = await prepare({ pass: { sealedNumber: sealed.toString('base64url') } });
    expect(decision).toMatchObject({ type: 'refuse', sipCode: 403 });
  });
});

describe('buttons and experiments of the plan', () => {
  it('are applied, exported and applied again without a change', async () => {
    const text = await exportPlan(store, { reveal: false });
    const again = parseTrackingPlan(parse(text), context);
    expect((await planChanges(store, again)).changes).toEqual([]);
    expect(again.buttons[0]).toMatchObject({ id: 'sales', number: '+493023125000' });
  });

  it('are changed and removed by name', async () => {
    const experiments = [
      { id: 'colour', button: 'sales', arms: [{ id: 'a' }, { id: 'b', color: '#0a7d46' }] },
    ];
    const buttons = [{ ...BUTTON, text: { en: 'Talk to us' } }];
    const { changes } = await applyPlan(store, parseTrackingPlan({ ...PLAN, buttons, experiments }, context));
    expect(changes.map(({ action, subject, id }) => [action, subject, id])).toEqual([
      ['change', 'button', 'sales'],
      ['add', 'experiment', 'colour'],
    ]);
    const { changes: gone } = await applyPlan(store, parseTrackingPlan({ ...PLAN, buttons: [] }, context));
    expect(gone.map(({ action, subject }) => [action, subject])).toEqual([
      ['remove', 'button'],
      ['remove', 'experiment'],
    ]);
  });

  it.each([
    [{ ...BUTTON, site: 'shop' }, 'buttons[0].site'],
    [{ ...BUTTON, number: '030 23125999' }, 'buttons[0].number'],
    [{ ...BUTTON, lines: undefined }, 'buttons[0].lines'],
    [{ ...BUTTON, flow: 'mailbox' }, 'buttons[0].flow'],
    [{ ...BUTTON, closedFlow: undefined }, 'buttons[0].closedFlow'],
    [{ ...BUTTON, closed: 'number' }, 'buttons[0].closedFlow'],
    [{ ...BUTTON, lines: ['desk', 'desk'] }, 'buttons[0].lines[1]'],
    [{ ...BUTTON, text: {} }, 'buttons[0].text'],
    [{ ...BUTTON, callback: { consent: { en: ' ' } } }, 'buttons[0].callback.consent.en'],
    [{ ...BUTTON, callback: { hours: '21:00-08:00' } }, 'buttons[0].callback.hours'],
    [{ ...BUTTON, callback: { trunk: 'nowhere' } }, 'buttons[0].callback.trunk'],
    [{ ...BUTTON, color: 'green' }, 'buttons[0].color'],
    [{ ...BUTTON, intents: [{ id: 'a', text: 'A', lines: ['nobody'] }] }, 'buttons[0].intents[0].lines[0]'],
  ])('that are wrong are told by field (%#)', (button, path) => {
    let problems: readonly { path: string }[] = [];
    try {
      parseTrackingPlan({ ...PLAN, buttons: [button] }, context);
    } catch (error) {
      ({ problems } = error as { problems: typeof problems });
    }
    expect(problems.map((problem) => problem.path)).toEqual([path]);
  });
});
