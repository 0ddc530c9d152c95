import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeaseEventTable } from '../../../src/store/index.ts';
import {
  grantLease,
  type LedgerVerdict,
  verifyLedger,
  verifyLedgerInSteps,
} from '../../../src/tracking/leases/index.ts';
import { appendLedger } from '../../../src/tracking/leases/ledger.ts';
import { addPools, LEDGER_KEY, type LeaseStage, openLeaseStage } from './leases-stage.ts';
import { createStorm, STORM_NUMBERS, STORM_POOLS } from './leases-storm.ts';

const START = 1_700_000_000_000;

let stage: LeaseStage;
let last: number;
beforeAll(async () => {
  stage = await openLeaseStage();
  addPools(stage.file, STORM_POOLS, STORM_NUMBERS);
  let now = START;
  const storm = createStorm(stage.file, 7, 'v', (step) => {
    now += step;
    return now;
  });
  stage.file.transaction(() => {
    for (let n = 0; n < 300; n += 1) storm.step();
  })();
  // The rest of the tests are about what others do to the ledger, which the database itself refuses.
  expect(() => stage.file.exec("UPDATE lease_event SET number = '+1'")).toThrow('never changed');
  stage.file.exec('DROP TRIGGER lease_event_stays');
  const { ok, events } = verifyLedger(stage.file, LEDGER_KEY);
  expect(ok).toBe(true);
  expect(events).toBeGreaterThan(100);
  last = events;
});
afterAll(() => stage.close());

/** The verdict after somebody did something, which is undone. */
const tampered = (sql: string, ...values: readonly (string | number | null)[]): LedgerVerdict => {
  stage.file.exec('BEGIN');
  try {
    expect(stage.file.prepare(sql).run(...values).changes, sql).toBeGreaterThan(0);
    return verifyLedger(stage.file, LEDGER_KEY);
  } finally {
    stage.file.exec('ROLLBACK');
  }
};

const row = (seq: number): LeaseEventTable => {
  const found = stage.file
    .prepare<[number], LeaseEventTable>('SELECT * FROM lease_event WHERE seq = ?')
    .get(seq);
  if (!found) throw new Error(`there is no row ${seq}`);
  return found;
};
const firstOf = (type: string, more = ''): LeaseEventTable => {
  const found = stage.file
    .prepare<[string], LeaseEventTable>(
      `SELECT * FROM lease_event WHERE type = ? ${more} ORDER BY seq LIMIT 1`,
    )
    .get(type);
  if (!found) throw new Error(`there is no ${type}`);
  return found;
};

describe('the ledger', () => {
  it('is found changed at the row that was changed, whichever column it was', () => {
    const changes = {
      at: 'at + 1',
      type: "CASE type WHEN 'joined' THEN 'held' ELSE 'joined' END",
      pool_id: "pool_id || 'x'",
      number: "coalesce(number, '') || '1'",
      lease_id: "coalesce(lease_id, '') || 'x'",
      visit_id: "visit_id || 'x'",
      body: "json_set(body, '$.extra', 1)",
      hash: "substr(hash, 2) || CASE substr(hash, 1, 1) WHEN '0' THEN '1' ELSE '0' END",
    };
    for (const [column, value] of Object.entries(changes)) {
      for (const seq of [1, 2, Math.floor(last / 2), last]) {
        const { ok, problem } = tampered(`UPDATE lease_event SET ${column} = ${value} WHERE seq = ?`, seq);
        expect([column, ok, problem?.seq]).toEqual([column, false, seq]);
        expect(problem?.text).toContain(`Row ${seq} `);
      }
    }
  });

  it('is found without a row, wherever it was', () => {
    for (let seq = 1; seq <= last; seq += seq < 20 || seq > last - 20 ? 1 : 37) {
      const { ok, problem } = tampered('DELETE FROM lease_event WHERE seq = ?', seq);
      expect([ok, problem?.seq], `without ${seq}`).toEqual([false, seq]);
    }
    expect(tampered('DELETE FROM lease_event WHERE seq = 5').problem?.text).toBe(
      'Row 5 is missing: after 4 comes 6',
    );
  });

  it('is found cut off, anywhere, and even with its head cut to fit by somebody without the key', () => {
    for (let keep = last - 1; keep >= 0; keep -= keep > last - 20 ? 1 : 41)
      expect(tampered('DELETE FROM lease_event WHERE seq > ?', keep).problem?.seq, `${keep} kept`).toBe(
        keep + 1,
      );
    stage.file.exec('BEGIN');
    stage.file.prepare('DELETE FROM lease_event WHERE seq > ?').run(last - 1);
    stage.file.prepare('UPDATE lease_event_head SET seq = ?').run(last - 1);
    expect(verifyLedger(stage.file, LEDGER_KEY).problem?.text).toContain('head does not fit');
    stage.file.exec('ROLLBACK');
    expect(tampered('DELETE FROM lease_event_head').ok).toBe(false);
    stage.file.exec('BEGIN');
    stage.file.exec('DELETE FROM lease_event; DELETE FROM lease_event_head');
    expect(verifyLedger(stage.file, LEDGER_KEY).problem?.text).toContain('not in the ledger');
    stage.file.exec('ROLLBACK');
  });

  it('is found with rows that were written with another key, or before its first', () => {
    const forged = { ...row(last), seq: last + 1, hash: 'f'.repeat(64) };
    const insert = `INSERT INTO lease_event (seq, at, type, pool_id, number, lease_id, visit_id, body, hash)
      VALUES (?, ?, 'refused', ?, NULL, NULL, 'v', '{}', ?)`;
    expect(tampered(insert, forged.seq, forged.at, forged.pool_id, forged.hash).problem?.seq).toBe(last + 1);
    expect(tampered(insert, 0, forged.at, forged.pool_id, forged.hash).ok).toBe(false);
    expect(verifyLedger(stage.file, 'another key').problem?.seq).toBe(1);
  });

  it('is found to disagree with a table of leases that was changed', () => {
    const closed = 'id = (SELECT id FROM lease WHERE closed_at IS NOT NULL ORDER BY id LIMIT 1)';
    const open = 'id = (SELECT id FROM lease WHERE closed_at IS NULL ORDER BY id LIMIT 1)';
    const changes = [
      ...[closed, open].flatMap((which) => [
        `number = '+1' WHERE ${which}`,
        `visit_id = 'x' WHERE ${which}`,
        `visitor_id = 'x' WHERE ${which}`,
        `pool_id = 'x' WHERE ${which}`,
        `class = 'x' WHERE ${which}`,
        `opened_at = opened_at - 1 WHERE ${which}`,
        `stolen_from = 'x' WHERE ${which}`,
      ]),
      `last_seen_at = last_seen_at + 1 WHERE ${closed}`,
      `expires_at = expires_at + 1 WHERE ${closed}`,
      `closed_at = closed_at + 1 WHERE ${closed}`,
      `close_reason = 'consent' WHERE ${closed} AND close_reason <> 'consent'`,
      `closed_at = NULL, close_reason = NULL WHERE ${closed}`,
      `closed_at = 1, close_reason = 'expired' WHERE ${open}`,
      `last_seen_at = 0 WHERE ${open}`,
    ];
    for (const change of changes)
      expect([change, tampered(`UPDATE OR REPLACE lease SET ${change}`).ok]).toEqual([change, false]);
    for (const which of [closed, open])
      expect(tampered(`DELETE FROM lease WHERE ${which}`).problem?.text).toMatch(
        /missing from the table|not in the table/,
      );
    const added = `INSERT INTO lease SELECT 'new', pool_id, '+1', visit_id, visitor_id, class, opened_at, last_seen_at, idle_at,
      expires_at, closed_at, close_reason, stolen_from FROM lease WHERE ${closed}`;
    expect(tampered(added).problem?.text).toContain('leases, and the ledger opened');
  });

  it('is found to break the rules even when it was written with the key', () => {
    const opened = firstOf('opened');
    const stolen = firstOf('closed', "AND json_extract(body, '$.reason') = 'stolen'");
    const free = { at: START + 1e9, poolId: opened.pool_id, number: opened.number ?? '', visitId: 'x' };
    const lend = { how: 'free', visitor: 'x', class: null, expires_at: START, stolen_from: null } as const;
    const written = (entries: Parameters<typeof appendLedger>[2]): string => {
      stage.file.exec('BEGIN');
      try {
        appendLedger(stage.file, LEDGER_KEY, entries);
        return verifyLedger(stage.file, LEDGER_KEY).problem?.text ?? '';
      } finally {
        stage.file.exec('ROLLBACK');
      }
    };
    const open = (leaseId: string, number: string) =>
      ({ ...free, type: 'opened', number, leaseId, body: lend }) as const;
    expect(written([open('x1', '+1'), open('x2', '+1')])).toContain('two leases at once');
    expect(written([open('x1', '+1')])).toContain('open in the ledger and not in the table');
    expect(
      written([{ ...open('x1', '+1'), body: { ...lend, how: 'stolen', stolen_from: stolen.lease_id } }]),
    ).toContain('was not closed for it');
    const close = (body: { reason: 'stolen' | 'expired'; last_seen_at: number; expires_at: number }) =>
      ({ ...free, type: 'closed', number: '+1', leaseId: 'x1', body: { idle_at: null, ...body } }) as const;
    expect(
      written([
        open('x1', '+1'),
        close({ reason: 'stolen', last_seen_at: free.at - 150_000, expires_at: free.at + 1 }),
      ]),
    ).toContain('was in view');
    expect(
      written([
        open('x1', '+1'),
        close({ reason: 'expired', last_seen_at: free.at, expires_at: free.at + 1 }),
      ]),
    ).toContain('before its time');
    expect(written([close({ reason: 'expired', last_seen_at: 0, expires_at: 0 })])).toContain('is not open');
  });

  it('comes out the same in steps, and tells of a clock that went back', async () => {
    const key = stage.store.vault.derive('lease-ledger');
    const inSteps = await verifyLedgerInSteps(stage.store, LEDGER_KEY);
    expect(inSteps).toEqual(verifyLedger(stage.file, LEDGER_KEY));
    expect((await verifyLedgerInSteps(stage.store, key)).ok).toBe(false);
    const [pool] = STORM_POOLS;
    if (!pool) throw new Error('there is no pool');
    grantLease(stage.file, LEDGER_KEY, {
      pool,
      class: undefined,
      visitId: 'z',
      visitorId: 'z',
      address: null,
      at: START,
    });
    const { ok, remarks } = verifyLedger(stage.file, LEDGER_KEY);
    expect([ok, remarks.length]).toEqual([true, 1]);
    expect(remarks[0]).toContain('The clock went back');
  });
});
