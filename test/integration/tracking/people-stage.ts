import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from '../../../src/base/ids.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { type AutomationPlan, automationSchema } from '../../../src/config/index.ts';
import {
  type CallTable,
  type EventTable,
  openStore,
  type SqliteFile,
  type Store,
  type VisitTable,
  type WrapUpTable,
} from '../../../src/store/index.ts';
import { afterCall } from '../../../src/tracking/people/index.ts';

export const DAY_MS = 86_400_000;
export const NOON = Date.UTC(2026, 10, 2, 12);
export const DID = '+12025550123';
export const ALICE = '+12025550177';
export const BOB = '+12025550188';

export type PeopleStage = {
  readonly store: Store;
  readonly directory: string;
  /** Work on the connection itself. */
  run<T>(work: (file: SqliteFile) => T): Promise<T>;
  all<Row>(sql: string, ...values: readonly unknown[]): Promise<Row[]>;
  /** An ended inbound call: answered for 95 s unless it says otherwise. @returns its id */
  call(at: number, more?: Partial<CallTable> & { readonly caller?: string | null }): Promise<string>;
  /** The same, and what follows it. */
  ended(at: number, more?: Partial<CallTable> & { readonly caller?: string | null }): Promise<string>;
  visit(id: string, visitor: string, at: number, more?: Partial<VisitTable>): Promise<void>;
  wrapUp(call: string, more: Partial<WrapUpTable>): Promise<void>;
  automations(...plans: readonly { id: string; when: object; do: object }[]): Promise<void>;
  /** Bodies of events of a type, in their order. */
  events<Body = Record<string, unknown>>(
    type: string,
  ): Promise<(Omit<EventTable, 'body'> & { body: Body })[]>;
  remove(): Promise<void>;
};

const insert = (file: SqliteFile, table: string, row: object): void => {
  const columns = Object.keys(row);
  file
    .prepare(`INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map((name) => `@${name}`).join()})`)
    .run(row);
};

/** A fresh database in a directory of its own, and short ways to fill it. */
export const makePeopleStage = async (): Promise<PeopleStage> => {
  const directory = await mkdtemp(join(tmpdir(), 'dialtrace-people-'));
  const store = await openStore(
    {
      path: join(directory, 'dialtrace.db'),
      keyFile: join(directory, 'dialtrace.key'),
      backupDirectory: join(directory, 'backups'),
    },
    silentLogger,
  );
  await store.runs.start('RUN', NOON);
  const run: PeopleStage['run'] = (work) => store.exclusively(work);

  const call: PeopleStage['call'] = async (at, { caller = ALICE, ...more } = {}) => {
    const id = ulid(at);
    const talk = more.answered_at === null ? 0 : (more.talk_ms ?? 95_000);
    const sealed =
      caller === null
        ? { caller_encrypted: null, caller_hmac: null, caller_masked: null, anonymous: 1 }
        : { ...store.vault.seal(caller), anonymous: 0 };
    const before = await run((file) =>
      file.prepare('SELECT count(*) AS n FROM call WHERE caller_hmac = ?').get(sealed.caller_hmac),
    );
    const prior = (before as { n: number }).n;
    const row = {
      id,
      run_id: 'RUN',
      direction: 'inbound',
      is_test: 0,
      status: more.answered_at === null ? 'no_answer' : 'answered',
      started_at: at,
      answered_at: at + 2000,
      ended_at: at + 2000 + talk,
      duration_ms: 2000 + talk,
      talk_ms: talk,
      ...sealed,
      did: DID,
      source_id: 'google-ads',
      source_name: 'Google Ads',
      source: 'google',
      medium: 'cpc',
      match_method: 'static',
      match_prob: 1,
      first_call: caller === null ? null : prior === 0 ? 1 : 0,
      prior_calls: caller === null ? null : prior,
      ...more,
    };
    await run((file) => insert(file, 'call', row));
    return id;
  };

  return {
    store,
    directory,
    run,
    call,
    all: (sql, ...values) => run((file) => file.prepare(sql).all(...values) as never),
    ended: async (at, more) => {
      const id = await call(at, more);
      await run((file) => afterCall(file, id, { at }));
      return id;
    },
    visit: (id, visitor, at, more = {}) =>
      run((file) => {
        file.prepare('INSERT OR IGNORE INTO visitor VALUES (?, ?, ?)').run(visitor, at, at);
        insert(file, 'visit', {
          id,
          visitor_id: visitor,
          site_id: 'main',
          started_at: at,
          last_seen_at: at + 130_000,
          landing_url: 'https://www.example.com/roof-repair',
          last_url: 'https://www.example.com/contact',
          channel: 'paid',
          source: 'google',
          medium: 'cpc',
          campaign: 'roof',
          click_ids: '{"gclid":"x"}',
          device: 'phone',
          pages: 3,
          ...more,
        });
      }),
    wrapUp: (id, more) =>
      run((file) => {
        file.prepare('DELETE FROM wrap_up WHERE call_id = ?').run(id);
        insert(file, 'wrap_up', { call_id: id, user: 'alice', at: NOON, tags: '[]', ...more });
      }),
    automations: (...plans) =>
      run((file) => {
        file.prepare('DELETE FROM automation').run();
        plans.forEach((plan, position) => {
          const { id, ...rest }: AutomationPlan = automationSchema.parse(plan);
          insert(file, 'automation', { id, position, plan: JSON.stringify(rest) });
        });
      }),
    events: async (type) => {
      const rows = await run(
        (file) => file.prepare('SELECT * FROM event WHERE type = ? ORDER BY seq').all(type) as EventTable[],
      );
      return rows.map((row) => ({ ...row, body: JSON.parse(row.body) as never }));
    },
    remove: async () => {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
