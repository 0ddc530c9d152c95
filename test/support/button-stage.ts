import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/base/logger.ts';
import { Registry } from '../../src/base/metrics.ts';
import {
  type Buttons,
  type ButtonsOptions,
  type CallBackRequest,
  createButtons,
} from '../../src/buttons/index.ts';
import { gatewayConfigSchema } from '../../src/config/gateway-schema.ts';
import { type GatewayConfig, parseTrackingPlan } from '../../src/config/index.ts';
import { createHttpServer, type HttpParts, type HttpServer } from '../../src/http/index.ts';
import { createReportRunner } from '../../src/reports/index.ts';
import { openStore, type SqliteFile, type Store } from '../../src/store/index.ts';
import {
  applyPlan,
  createDni,
  createLivePlan,
  type Dni,
  type SessionRequest,
} from '../../src/tracking/index.ts';

export const NUMBER = '+12025550100';
export const POOL_NUMBER = '+12025550111';
export const ORIGIN = 'https://www.example.com';
export const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
/** A mobile number of Germany, for codes. */
export const MOBILE = '+4915123456789';

const BUTTONS: readonly Readonly<Record<string, unknown>>[] = [
  {
    id: 'sales',
    site: 'main',
    number: NUMBER,
    lines: ['echo'],
    text: { en: 'Talk to us', zh: '免费咨询' },
    notice: 'Calls are recorded.',
    intents: [
      { id: 'buy', text: { en: 'I want to buy', zh: '售前咨询' } },
      { id: 'ask', text: 'I have a question' },
    ],
  },
  { id: 'proven', site: 'main', number: NUMBER, lines: ['echo'], confirm: 'sms' },
  {
    id: 'office',
    site: 'main',
    number: NUMBER,
    lines: ['echo'],
    schedule: 'week',
    callback: { enabled: false },
  },
  { id: 'shut', site: 'main', number: NUMBER, lines: ['echo'], schedule: 'never', closed: 'number' },
  { id: 'foreign', site: 'other', number: '+12025550190', lines: ['echo'] },
];

export type ButtonStagePlan = {
  readonly buttons?: readonly Readonly<Record<string, unknown>>[];
  readonly experiments?: readonly Readonly<Record<string, unknown>>[];
};

const planOf = ({ buttons = BUTTONS, experiments = [] }: ButtonStagePlan) =>
  parseTrackingPlan(
    {
      sources: [{ id: 'ads', name: 'Ads', source: 'google', medium: 'cpc' }],
      lines: [{ id: 'echo', type: 'echo' }],
      schedules: [
        { id: 'week', timezone: 'UTC', hours: { mon: ['09:00-17:00'] } },
        { id: 'never', timezone: 'UTC', hours: {} },
      ],
      numbers: [
        { number: NUMBER, source: 'ads', lines: ['echo'] },
        { number: POOL_NUMBER, pool: 'lent' },
      ],
      pools: [{ id: 'lent', lines: ['echo'], quietDays: 0 }],
      sites: [
        {
          id: 'main',
          hosts: ['www.example.com', '*.shop.example'],
          targets: [{ number: NUMBER, display: '202.555.0100' }],
          rules: [{ id: 'ads', use: { pool: 'lent' } }],
        },
        { id: 'other', hosts: ['other.example'], targets: [{ number: '+12025550190' }] },
      ],
      buttons,
      experiments,
    },
    { trunkIds: [], defaultRegion: 'US' },
  );

export type ButtonStage = {
  readonly store: Store;
  readonly buttons: Buttons;
  readonly server: HttpServer;
  readonly dni: Dni;
  readonly folder: string;
  readonly clock: { at: number };
  /** What was asked of whoever calls visitors back. */
  readonly asked: CallBackRequest[];
  use(plan: ButtonStagePlan): Promise<void>;
  rows(sql: string, ...values: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  read<T>(work: (file: SqliteFile) => T): Promise<T>;
  /** Messages in the outbox. */
  messages(): Promise<readonly { readonly to: string; readonly text: string; readonly code: string }[]>;
  /** A visit of a page of an ad. */
  visit(more?: Partial<SessionRequest>): Promise<{ readonly visitor: string; readonly visit: string }>;
  close(): Promise<void>;
};

export type ButtonStageOptions = {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly phone?: Readonly<Record<string, unknown>>;
  readonly listeners?: readonly string[];
  readonly scripts?: string;
  readonly originUnknown?: ButtonsOptions['originUnknown'];
};

/** The pages' side of call buttons on a database on disk, at a clock of the test's. */
export const makeButtonStage = async (options: ButtonStageOptions = {}): Promise<ButtonStage> => {
  const folder = await mkdtemp(join(tmpdir(), 'dialtrace-buttons-'));
  const paths = { path: join(folder, 'a.db'), keyFile: join(folder, 'a.key'), backupDirectory: folder };
  const store = await openStore(paths, silentLogger);
  const outbox = join(folder, 'outbox.jsonl');
  const { settings = {}, phone = {}, listeners = ['wss/0.0.0.0:8443', 'ws/127.0.0.1:8088'] } = options;
  const { sms = {}, ...rest } = settings as { readonly sms?: object };
  const config = gatewayConfigSchema.parse({
    http: { port: 0 },
    recording: { directory: folder },
    phone,
    buttons: { proofOfWork: { bits: 8 }, ...rest, sms: { outbox, ...sms } },
  }) as GatewayConfig;
  // A Monday, ten o'clock.
  const clock = { at: Date.UTC(2026, 10, 23, 10) };
  const now = (): number => clock.at;
  const live = createLivePlan(store, silentLogger, 0);
  const plan = () => live.current();
  const dni = createDni({ store, plan, now, logger: silentLogger });
  const asked: CallBackRequest[] = [];
  const buttons = createButtons({
    settings: config.buttons,
    store,
    plan,
    dni,
    regions: ['US', 'DE'],
    originUnknown: options.originUnknown ?? 'refused',
    takesCalls: () => true,
    canCallBack: () => true,
    callBacks: () => ({
      askForCallBack: async (request) => {
        asked.push(request);
        return { type: 'taken', id: 'CB1', state: 'now', dueAt: clock.at };
      },
    }),
    logger: silentLogger,
    now,
  });
  const reports = createReportRunner(paths);
  const server = await createHttpServer({
    config: config as HttpParts['config'],
    store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports,
    dni,
    buttons: {
      pages: buttons.pages,
      settings: config.buttons,
      phone: config.phone,
      listeners,
      ...(options.scripts !== undefined && { scripts: options.scripts }),
    },
    trunkStatus: () => [],
  });
  const use = async (next: ButtonStagePlan): Promise<void> => {
    await applyPlan(store, planOf(next), clock.at);
    await live.refresh();
  };
  await use({});
  return {
    store,
    buttons,
    server,
    dni,
    folder,
    clock,
    asked,
    use,
    rows: (sql, ...values) =>
      store.exclusively((file) => file.prepare(sql).all(...values) as readonly Record<string, unknown>[]),
    read: (work) => store.exclusively(work),
    messages: async () => {
      const text = await readFile(outbox, 'utf8').catch(() => '');
      return text.split('\n').flatMap((line) => (line === '' ? [] : JSON.parse(line)));
    },
    visit: async (more = {}) => {
      const answer = await dni.session({
        siteId: 'main',
        visitorId: undefined,
        visitId: undefined,
        url: `${ORIGIN}/offer?gclid=abc`,
        referrer: undefined,
        title: undefined,
        consent: 'granted',
        userAgent: CHROME,
        language: 'en-US',
        timeZone: undefined,
        automated: false,
        address: '203.0.113.1',
        ...more,
      });
      if ('refused' in answer || answer.visitor === undefined || answer.visit === undefined)
        throw new Error('there is no visit');
      return { visitor: answer.visitor, visit: answer.visit };
    },
    close: async () => {
      await server.close();
      await reports.close();
      await buttons.stop();
      live.stop();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
