import type { LeaseEventTable, LeaseTable, Millis } from '../../store/index.ts';
import { eventHash, GENESIS, headHash } from './ledger.ts';
import { isActive } from './machine.ts';

/** What the ledger says of a lease: as much of its row as can be replayed. */
export type ReplayedLease = {
  readonly id: string;
  readonly pool: string;
  readonly number: string;
  readonly class: string | null;
  readonly openedAt: Millis;
  readonly stolenFrom: string | null;
  readonly visit: string;
  readonly visitor: string;
  /** Last sign that the ledger knows of, and the earliest end that it promised. */
  readonly seenAt: Millis;
  readonly heldUntil: Millis;
};

/** What is wrong with a ledger. */
export type LedgerProblem = {
  /** The first bad row; null: what is bad is no row. */
  readonly seq: number | null;
  /** One sentence. */
  readonly text: string;
};

export type Steal = {
  readonly seq: number;
  readonly at: Millis;
  readonly pool: string;
  readonly number: string;
  readonly lease: string;
  readonly from: string;
  /** How long the visit that lost it had given no sign, ms. */
  readonly awayMs: number;
};

export type Refusal = {
  readonly seq: number;
  readonly at: Millis;
  readonly pool: string;
  readonly visit: string;
  readonly reason: string;
};

/** Counts of a whole ledger. */
export type LedgerCounts = {
  readonly opened: number;
  readonly joined: number;
  readonly closed: number;
  readonly held: number;
  readonly refused: number;
  readonly stolen: number;
};

/** The latest of them are listed, the rest counted. */
const LISTED = 100;

type Body = {
  readonly how?: string;
  readonly why?: string;
  readonly visitor?: string;
  readonly class?: string | null;
  readonly stolen_from?: string | null;
  readonly reason?: string;
  readonly until?: Millis;
  readonly last_seen_at?: Millis;
  readonly idle_at?: Millis | null;
  readonly expires_at?: Millis;
};

export type Replay = {
  /**
   * Takes the next row.
   *
   * @param rowOf the lease's row as the database has it
   */
  step(event: LeaseEventTable, rowOf: (leaseId: string) => LeaseTable | undefined): LedgerProblem | undefined;
  /** What the head must hold. */
  head(): { readonly seq: number; readonly hash: string };
  open(): ReadonlyMap<string, ReplayedLease>;
  counts(): LedgerCounts;
  steals(): readonly Steal[];
  refusals(): readonly Refusal[];
  /** Oddities that are no fault of the ledger. */
  remarks(): readonly string[];
};

const time = (at: Millis): string => new Date(at).toISOString();

const named = (event: LeaseEventTable): string =>
  `Row ${event.seq} (${event.type}${event.number === null ? '' : ` ${event.number}`}, ${time(event.at)})`;

/** Where a lease's row says something else than the ledger; undefined: nowhere. */
export const rowDifference = (lease: ReplayedLease, row: LeaseTable): string | undefined => {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['pool_id', lease.pool, row.pool_id],
    ['number', lease.number, row.number],
    ['class', lease.class, row.class],
    ['opened_at', lease.openedAt, row.opened_at],
    ['stolen_from', lease.stolenFrom, row.stolen_from],
    ['visit_id', lease.visit, row.visit_id],
    ['visitor_id', lease.visitor, row.visitor_id],
  ];
  const wrong = pairs.find(([, said, found]) => said !== found);
  if (wrong)
    return `its ${wrong[0]} is ${String(wrong[2])} in the table and ${String(wrong[1])} in the ledger`;
  if (row.last_seen_at < lease.seenAt)
    return `its last sign in the table (${time(row.last_seen_at)}) is older than one in the ledger`;
  if (row.expires_at < lease.heldUntil)
    return `it was promised until ${time(lease.heldUntil)}, and its row ends before that`;
  return undefined;
};

/** Replays a ledger from its first row on, and holds each row against the rules. Keeps nothing of leases that are over. */
export const createReplay = (key: string): Replay => {
  const leases = new Map<string, ReplayedLease>();
  /** Open lease by number. */
  const holders = new Map<string, string>();
  const counts = { opened: 0, joined: 0, closed: 0, held: 0, refused: 0, stolen: 0 };
  const steals: Steal[] = [];
  const refusals: Refusal[] = [];
  const remarks: string[] = [];
  let seq = 0;
  let hash = GENESIS;
  let last: Millis = 0;
  let justStolen: { lease: string; number: string; awayMs: number } | undefined;

  const keepLatest = <T>(list: T[], item: T): void => {
    list.push(item);
    if (list.length > LISTED) list.shift();
  };

  const opened = (event: LeaseEventTable, body: Body): string | undefined => {
    const { number, lease_id: id, visit_id: visit } = event;
    if (number === null || id === null || visit === null) return 'names no number, lease or visit';
    const holder = holders.get(number);
    if (holder !== undefined) return `lends a number that lease ${holder} has: two leases at once`;
    if (leases.has(id)) return `opens lease ${id} a second time`;
    const stolenFrom = body.stolen_from ?? null;
    if ((body.how === 'stolen') !== (stolenFrom !== null)) return 'says that it steals and not from whom';
    if (stolenFrom !== null) {
      if (justStolen?.lease !== stolenFrom || justStolen.number !== number)
        return `steals from lease ${stolenFrom}, which was not closed for it in the row before`;
      counts.stolen += 1;
      const { awayMs } = justStolen;
      keepLatest(steals, {
        seq: event.seq,
        at: event.at,
        pool: event.pool_id,
        number,
        lease: id,
        from: stolenFrom,
        awayMs,
      });
    } else if (justStolen) return `should lend ${justStolen.number}, which was taken from a visit for it`;
    counts.opened += 1;
    holders.set(number, id);
    leases.set(id, {
      id,
      pool: event.pool_id,
      number,
      class: body.class ?? null,
      openedAt: event.at,
      stolenFrom,
      visit,
      visitor: body.visitor ?? '',
      seenAt: event.at,
      heldUntil: 0,
    });
    justStolen = undefined;
    return undefined;
  };

  /** The open lease that a row is about. */
  const leaseOf = (event: LeaseEventTable): ReplayedLease | string => {
    const lease = leases.get(event.lease_id ?? '');
    if (lease === undefined) return `is about lease ${event.lease_id}, which is not open`;
    return lease.number === event.number && lease.pool === event.pool_id
      ? lease
      : `names ${event.number}, and the lease is on ${lease.number}`;
  };

  const joined = (event: LeaseEventTable, body: Body): string | undefined => {
    const lease = leaseOf(event);
    if (typeof lease === 'string') return lease;
    counts.joined += 1;
    leases.set(lease.id, {
      ...lease,
      visit: event.visit_id ?? '',
      visitor: body.visitor ?? '',
      seenAt: Math.max(lease.seenAt, event.at),
    });
    return undefined;
  };

  const held = (event: LeaseEventTable, body: Body): string | undefined => {
    const lease = leaseOf(event);
    if (typeof lease === 'string') return lease;
    counts.held += 1;
    leases.set(lease.id, { ...lease, heldUntil: body.until ?? 0 });
    return undefined;
  };

  const closed = (
    event: LeaseEventTable,
    body: Body,
    rowOf: (id: string) => LeaseTable | undefined,
  ): string | undefined => {
    const lease = leaseOf(event);
    if (typeof lease === 'string') return lease;
    const { last_seen_at = 0, idle_at = null, expires_at = 0, reason } = body;
    if (reason === 'stolen' && isActive({ last_seen_at, idle_at }, event.at))
      return `takes the number from a visit that was in view (last seen ${time(last_seen_at)})`;
    if (reason === 'expired' && event.at < expires_at)
      return `ends a lease before its time (${time(expires_at)})`;
    counts.closed += 1;
    leases.delete(lease.id);
    holders.delete(lease.number);
    if (reason === 'stolen')
      justStolen = { lease: lease.id, number: lease.number, awayMs: event.at - last_seen_at };
    const row = rowOf(lease.id);
    if (row === undefined) return `ends lease ${lease.id}, which is missing from the table of leases`;
    const difference =
      rowDifference(lease, row) ??
      (row.closed_at === event.at &&
      row.close_reason === reason &&
      row.last_seen_at === last_seen_at &&
      row.idle_at === idle_at &&
      row.expires_at === expires_at
        ? undefined
        : 'its row does not end as the ledger says');
    return difference === undefined ? undefined : `and lease ${lease.id} disagree: ${difference}`;
  };

  const refused = (event: LeaseEventTable, body: Body): undefined => {
    counts.refused += 1;
    keepLatest(refusals, {
      seq: event.seq,
      at: event.at,
      pool: event.pool_id,
      visit: event.visit_id ?? '',
      reason: body.reason ?? '',
    });
  };

  const apply = (
    event: LeaseEventTable,
    rowOf: (id: string) => LeaseTable | undefined,
  ): string | undefined => {
    const body = JSON.parse(event.body) as Body;
    if (justStolen && event.type !== 'opened')
      return `should lend ${justStolen.number}, which was taken from a visit in the row before`;
    switch (event.type) {
      case 'opened':
        return opened(event, body);
      case 'joined':
        return joined(event, body);
      case 'held':
        return held(event, body);
      case 'closed':
        return closed(event, body, rowOf);
      case 'refused':
        return refused(event, body);
    }
  };

  const step: Replay['step'] = (event, rowOf) => {
    if (event.seq !== seq + 1) {
      const missing = event.seq - seq === 2 ? `Row ${seq + 1} is` : `Rows ${seq + 1} to ${event.seq - 1} are`;
      return { seq: seq + 1, text: `${missing} missing: after ${seq} comes ${event.seq}` };
    }
    const expected = eventHash(key, hash, event);
    if (event.hash !== expected)
      return {
        seq: event.seq,
        text: `${named(event)} does not fit its hash: it was changed after it was written`,
      };
    if (event.at < last)
      remarks.push(`The clock went back by ${last - event.at} ms at row ${event.seq} (${time(event.at)}).`);
    seq = event.seq;
    hash = event.hash;
    last = event.at;
    const wrong = apply(event, rowOf);
    return wrong === undefined ? undefined : { seq: event.seq, text: `${named(event)} ${wrong}` };
  };

  return {
    step,
    head: () => ({ seq, hash: headHash(key, seq, hash) }),
    open: () => leases,
    counts: () => ({ ...counts }),
    steals: () => steals,
    refusals: () => refusals,
    remarks: () => remarks,
  };
};
