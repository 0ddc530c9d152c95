import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/base/logger.ts';
import { parseTrackingPlan } from '../../src/config/index.ts';
import { openStore, type SqliteFile, type Store } from '../../src/store/index.ts';
import {
  applyPlan,
  createDni,
  createLivePlan,
  type Dni,
  type DniAlert,
  type LivePlanReader,
  type SessionAnswer,
  type SessionRequest,
} from '../../src/tracking/index.ts';

/** The number in the pages. */
export const TARGET = '+12025550000';
export const SECOND_TARGET = '+12025550001';
export const ORGANIC = '+12025550100';
export const OVERFLOW = '+12025550199';
export const CODED = '+12025550150';
export const POOL = ['+12025550111', '+12025550112', '+12025550113', '+12025550114'] as const;

export const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

const SITE = {
  id: 'main',
  hosts: ['www.example.com', '*.shop.example'],
  targets: [{ number: TARGET }, { number: SECOND_TARGET, display: '202.555.0001' }],
  rules: [
    { id: 'ads', use: { pool: 'ads' } },
    { id: 'search', when: { channel: ['organic'] }, use: { number: ORGANIC } },
  ],
  linkedHosts: ['other.example'],
};

export type StagePlan = {
  readonly pool?: Readonly<Record<string, unknown>>;
  readonly site?: Readonly<Record<string, unknown>>;
  /** Numbers in the pool; default 4. */
  readonly numbers?: number;
};

export const stagePlan = ({ pool = {}, site = {}, numbers = POOL.length }: StagePlan) =>
  parseTrackingPlan(
    {
      sources: [
        { id: 'google-ads', name: 'Google Ads', source: 'google', medium: 'cpc' },
        { id: 'search', name: 'Search', source: 'google', medium: 'organic' },
        { id: 'site', name: 'Site', source: 'site' },
      ],
      lines: [{ id: 'echo', type: 'echo' }],
      numbers: [
        { number: ORGANIC, source: 'search', lines: ['echo'] },
        { number: OVERFLOW, source: 'site', lines: ['echo'] },
        { number: CODED, source: 'site', lines: ['echo'] },
        ...Array.from({ length: numbers }, (_, index) => ({
          number: POOL[index] ?? `+1202556${String(index).padStart(4, '0')}`,
          pool: 'ads',
        })),
      ],
      pools: [{ id: 'ads', lines: ['echo'], overflow: OVERFLOW, quietDays: 0, ...pool }],
      sites: [{ ...SITE, ...site }],
    },
    { trunkIds: [], defaultRegion: 'US' },
  );

export type DniStage = {
  readonly store: Store;
  readonly dni: Dni;
  readonly live: LivePlanReader;
  readonly alerts: DniAlert[];
  readonly folder: string;
  /** The clock that all goes by, ms. */
  readonly clock: { at: number };
  /** Another plan in force. */
  use(plan: StagePlan): Promise<void>;
  read<T>(work: (file: SqliteFile) => T): Promise<T>;
  rows(sql: string, ...values: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** A session that must be answered. */
  session(request: Partial<SessionRequest>): Promise<SessionAnswer>;
  close(): Promise<void>;
};

/** A page of an ad, unless it says otherwise: each address is another visitor's. */
export const pageRequest = (more: Partial<SessionRequest>): SessionRequest => ({
  siteId: 'main',
  visitorId: undefined,
  visitId: undefined,
  url: 'https://www.example.com/?gclid=abc',
  referrer: undefined,
  title: 'Home',
  consent: 'unknown',
  userAgent: CHROME,
  language: 'en-US',
  timeZone: 'America/New_York',
  automated: false,
  address: '203.0.113.1',
  ...more,
});

/** Number insertion on a database on disk, at a clock of the test's. */
export const makeDniStage = async (plan: StagePlan = {}): Promise<DniStage> => {
  const folder = await mkdtemp(join(tmpdir(), 'dialtrace-dni-'));
  const store = await openStore(
    { path: join(folder, 'a.db'), keyFile: join(folder, 'a.key'), backupDirectory: folder },
    silentLogger,
  );
  const clock = { at: Date.UTC(2026, 10, 22, 12) };
  const alerts: DniAlert[] = [];
  const live = createLivePlan(store, silentLogger, 0);
  const dni = createDni({
    store,
    plan: () => live.current(),
    now: () => clock.at,
    logger: silentLogger,
    onAlert: (alert) => alerts.push(alert),
  });
  const use = async (next: StagePlan): Promise<void> => {
    await applyPlan(store, stagePlan(next), clock.at);
    await live.refresh();
  };
  await use(plan);
  return {
    store,
    dni,
    live,
    alerts,
    folder,
    clock,
    use,
    read: (work) => store.exclusively(work),
    rows: (sql, ...values) =>
      store.exclusively((file) => file.prepare(sql).all(...values) as readonly Record<string, unknown>[]),
    session: async (more) => {
      const answer = await dni.session(pageRequest(more));
      if ('refused' in answer) throw new Error(`refused: ${answer.refused}`);
      return answer;
    },
    close: async () => {
      live.stop();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
