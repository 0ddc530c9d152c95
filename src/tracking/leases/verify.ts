import type { LeaseEventTable, LeaseTable, SqliteFile, Store } from '../../store/index.ts';
import {
  createReplay,
  type LedgerCounts,
  type LedgerProblem,
  type Refusal,
  type Replay,
  rowDifference,
  type Steal,
} from './replay.ts';
import { perFile } from './statements.ts';

/** What the ledger proves, or the first thing that is wrong with it. */
export type LedgerVerdict = {
  /** Every number had one lease at a time, none was taken from a visit in view, and the tables say what the ledger says. */
  readonly ok: boolean;
  readonly problem: LedgerProblem | undefined;
  readonly events: number;
  readonly openLeases: number;
  readonly counts: LedgerCounts;
  /** The latest hundred. */
  readonly steals: readonly Steal[];
  readonly refusals: readonly Refusal[];
  /** Oddities that are no fault of the ledger. */
  readonly remarks: readonly string[];
};

/** Rows that are replayed before others get a turn. */
const STEP = 500;

const statements = perFile((file) => ({
  after: file.prepare<[seq: number, limit: number], LeaseEventTable>(
    'SELECT * FROM lease_event WHERE seq > ? ORDER BY seq LIMIT ?',
  ),
  below: file.prepare<[], { n: number }>('SELECT count(*) AS n FROM lease_event WHERE seq < 1'),
  lease: file.prepare<[id: string], LeaseTable>('SELECT * FROM lease WHERE id = ?'),
  open: file.prepare<[], LeaseTable>('SELECT * FROM lease WHERE closed_at IS NULL ORDER BY id'),
  count: file.prepare<[], { n: number }>('SELECT count(*) AS n FROM lease'),
  head: file.prepare<[], { seq: number; hash: string }>('SELECT seq, hash FROM lease_event_head'),
}));

type Progress = { readonly problem: LedgerProblem } | { readonly more: boolean };

/** Replays some rows. */
const advance = (file: SqliteFile, replay: Replay): Progress => {
  const { after, lease } = statements(file);
  const rows = after.all(replay.head().seq, STEP);
  for (const row of rows) {
    const problem = replay.step(row, (id) => lease.get(id));
    if (problem) return { problem };
  }
  return { more: rows.length === STEP };
};

/** What is wrong with the ends: the head, the leases that are open, the number of leases. */
const endProblem = (file: SqliteFile, replay: Replay): LedgerProblem | undefined => {
  const sql = statements(file);
  const { seq, hash } = replay.head();
  const head = sql.head.get();
  if ((head?.seq ?? 0) > seq)
    return { seq: seq + 1, text: `The ledger ends at row ${seq} and had ${head?.seq}: its end was cut off` };
  if (seq > 0 && (head?.seq !== seq || head.hash !== hash))
    return {
      seq: null,
      text: `The ledger's head does not fit its last row, ${seq}: one of them was changed`,
    };
  const found = new Set<string>();
  for (const row of sql.open.all()) {
    const lease = replay.open().get(row.id);
    if (lease === undefined)
      return {
        seq: null,
        text: `Lease ${row.id} on ${row.number} is open in the table of leases and not in the ledger`,
      };
    const difference = rowDifference(lease, row);
    if (difference) return { seq: null, text: `Lease ${row.id} and the ledger disagree: ${difference}` };
    found.add(row.id);
  }
  const lost = [...replay.open().values()].find(({ id }) => !found.has(id));
  if (lost)
    return {
      seq: null,
      text: `Lease ${lost.id} on ${lost.number} is open in the ledger and not in the table of leases`,
    };
  const { opened } = replay.counts();
  const leases = sql.count.get()?.n ?? 0;
  if (leases !== opened)
    return { seq: null, text: `The table has ${leases} leases, and the ledger opened ${opened}` };
  return (sql.below.get()?.n ?? 0) > 0
    ? { seq: null, text: 'There are rows before the first row of the ledger' }
    : undefined;
};

const verdict = (replay: Replay, problem: LedgerProblem | undefined): LedgerVerdict => ({
  ok: problem === undefined,
  problem,
  events: replay.head().seq,
  openLeases: replay.open().size,
  counts: replay.counts(),
  steals: replay.steals(),
  refusals: replay.refusals(),
  remarks: replay.remarks(),
});

/** The rest of a ledger and its ends, as they stand at one moment. */
const finish = (file: SqliteFile, replay: Replay): LedgerVerdict =>
  file
    .transaction(() => {
      for (;;) {
        const progress = advance(file, replay);
        if ('problem' in progress) return verdict(replay, progress.problem);
        if (!progress.more) return verdict(replay, endProblem(file, replay));
      }
    })
    .deferred();

/**
 * Replays the ledger of leases and proves that no number ever had two leases at once, that none was taken from a visit in
 * view, that no row was changed, removed or added by other hands, and that the table of leases is what the ledger adds up to.
 * Takes some 20 µs a row, all at once: for commands.
 */
export const verifyLedger = (file: SqliteFile, ledgerKey: string): LedgerVerdict =>
  finish(file, createReplay(ledgerKey));

/** `verifyLedger` in steps of a few milliseconds, for a gateway with calls up. */
export const verifyLedgerInSteps = async (
  store: Pick<Store, 'exclusively'>,
  ledgerKey: string,
): Promise<LedgerVerdict> => {
  const replay = createReplay(ledgerKey);
  for (;;) {
    const progress = await store.exclusively((file) => advance(file, replay));
    if ('problem' in progress) return verdict(replay, progress.problem);
    if (!progress.more) return store.exclusively((file) => finish(file, replay));
    await new Promise((resolve) => setImmediate(resolve));
  }
};
