import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore, type SqliteFile, type Store } from '../../../src/store/index.ts';
import { type LivePlan, type Match, type MatchRequest, matchCall } from '../../../src/tracking/index.ts';
import { event, newCall } from '../store/rows.ts';

export const NOW = 1_800_000_000_000;
export const MINUTE = 60_000;
export const DAY = 86_400_000;
export const POOL_NUMBER = '+493055500001';
export const OTHER_NUMBER = '+493055500002';
export const CALLER = 'keyed-caller';
export const PLAN: Pick<LivePlan, 'sites'> = { sites: new Map() };

type Shown = {
  /** How long before `at` it was shown the number, and was over; undefined: in view. ms */
  readonly ago: number;
  readonly ended?: number;
  readonly at?: number;
  readonly number?: string;
  readonly device?: 'phone' | 'desktop';
  readonly region?: string | null;
  readonly visitor?: string;
  /** Until when its lease is open. */
  readonly lease?: { readonly until: number; readonly closed?: number };
  readonly code?: string;
  readonly bot?: string | null;
};

export type Stage = {
  readonly store: Store;
  readonly directory: string;
  work<T>(work: (file: SqliteFile) => T): Promise<T>;
  visit(id: string, shown: Shown): Promise<void>;
  tap(visit: string, at: number, number?: string): Promise<void>;
  /** A call record that is over. */
  call(
    id: string,
    at: number,
    more?: Readonly<Record<string, string | number | Buffer | null>>,
  ): Promise<void>;
  link(visitor: string, since: number): Promise<void>;
  match(more?: Partial<MatchRequest>): Promise<Match>;
  close(): Promise<void>;
};

const insertVisit = (file: SqliteFile, id: string, shown: Shown): void => {
  const { ago, ended, at = NOW, number = POOL_NUMBER, device = 'desktop', region = null, bot = null } = shown;
  const startedAt = at - ago;
  const end = ended === undefined ? null : at - ended;
  const visitor = shown.visitor ?? `visitor-${id}`;
  file
    .prepare(
      `INSERT INTO visit (id, visitor_id, site_id, started_at, last_seen_at, hidden_at, landing_url, last_url, channel, source, medium,
        click_ids, device, region, pages, bot)
        VALUES (?, ?, 'main', ?, ?, ?, 'https://x/', 'https://x/', 'paid', 'google', 'cpc', '{}', ?, ?, 1, ?)`,
    )
    .run(id, visitor, startedAt, end ?? at, end, device, region, bot);
  const leaseId = shown.lease === undefined ? null : `lease-${id}`;
  if (shown.lease) {
    const { until, closed } = shown.lease;
    file
      .prepare(
        `INSERT INTO lease (id, pool_id, number, visit_id, visitor_id, opened_at, last_seen_at, expires_at, closed_at, close_reason)
          VALUES (?, 'ads', ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        leaseId,
        number,
        id,
        visitor,
        startedAt,
        end ?? at,
        until,
        closed ?? null,
        closed === undefined ? null : 'stolen',
      );
  }
  file
    .prepare('INSERT INTO shown (visit_id, number, lease_id, code, shown_at) VALUES (?, ?, ?, ?, ?)')
    .run(id, number, leaseId, shown.code ?? null, startedAt);
};

const addCall = async (
  store: Store,
  id: string,
  at: number,
  more: Readonly<Record<string, string | number | Buffer | null>>,
): Promise<void> => {
  await store.calls.open(
    { ...newCall(id, 'run-1', at), did: POOL_NUMBER, match_method: 'none', match_prob: null },
    [event(id, 1, at)],
  );
  const fields = { status: 'answered', ended_at: at + 1000, ...more };
  const names = Object.keys(fields);
  await store.exclusively((file) =>
    file
      .prepare(`UPDATE call SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`)
      .run(...Object.values(fields), id),
  );
};

/** A database with one pool of two numbers and one site. */
export const makeStage = async (): Promise<Stage> => {
  const directory = await mkdtemp(join(tmpdir(), 'dialtrace-matching-'));
  const options = {
    path: join(directory, 'a.db'),
    keyFile: join(directory, 'a.key'),
    backupDirectory: directory,
  };
  const store = await openStore(options, silentLogger);
  await store.runs.start('run-1', NOW);
  const work: Stage['work'] = (task) => store.exclusively(task);
  await work((file) => {
    file.exec(`INSERT INTO pool (id, plan) VALUES ('ads', '{}');
      INSERT INTO site (id, plan) VALUES ('main', '{"heartbeatSeconds":60}');
      INSERT INTO tracking_number (number, pool_id) VALUES ('${POOL_NUMBER}', 'ads'), ('${OTHER_NUMBER}', 'ads');`);
  });
  return {
    store,
    directory,
    work,
    visit: (id, shown) => work((file) => insertVisit(file, id, shown)),
    tap: (visit, at, number = POOL_NUMBER) =>
      work(
        (file) =>
          void file
            .prepare("INSERT INTO click (visit_id, at, kind, number) VALUES (?, ?, 'tel', ?)")
            .run(visit, at, number),
      ),
    call: (id, at, more = {}) => addCall(store, id, at, more),
    link: (visitor, since) =>
      work((file) => {
        file.prepare("INSERT INTO person (id, created_at) VALUES ('p', ?)").run(since);
        const key = file.prepare(
          "INSERT INTO person_key (kind, key, person_id, since) VALUES (?, ?, 'p', ?)",
        );
        key.run('caller', CALLER, since);
        key.run('visitor', visitor, since);
      }),
    match: (more = {}) =>
      work((file) =>
        matchCall(file, PLAN, { did: POOL_NUMBER, at: NOW, callerHmac: null, callerRegion: null, ...more }),
      ),
    close: async () => {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
