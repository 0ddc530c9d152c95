import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { openCallRecord } from '../../../../src/calls/record/call-record.ts';
import type { CallEventTable, CallRepository, NewCall } from '../../../../src/store/index.ts';

const call = { id: '01J0000000000000000000000A' } as NewCall;

const full = new Error('database or disk is full');
const held = Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });
const broken = Object.assign(new Error('FOREIGN KEY constraint failed'), {
  code: 'SQLITE_CONSTRAINT_FOREIGNKEY',
});

/** A repository whose next `failures` writes are refused: a full disk can't be had on demand. */
const repository = (failures: number, error: Error = full) => {
  const log: string[] = [];
  let left = failures;
  const write = async (entry: string): Promise<void> => {
    if (left > 0) {
      left -= 1;
      throw error;
    }
    log.push(entry);
  };
  const seqs = (events: readonly CallEventTable[]): string =>
    events.map((event) => `${event.seq}${event.type}`).join(',');
  const calls = {
    open: async (_call, events) => {
      await write(`open ${seqs(events)}`);
      return { priorCalls: 0 };
    },
    update: (_id, patch) => write(`update ${Object.keys(patch).join(',')}`),
    passed: (steps) => write(`passed ${steps.map(({ seq, step }) => `${seq}${step}`).join(',')}`),
    complete: (_id, _end, _legs, events, { steps = [] } = {}) =>
      write([`complete ${seqs(events)}`, ...steps.map(({ seq, step }) => `${seq}${step}`)].join(' ')),
  } satisfies Partial<CallRepository>;
  return { log, calls: calls as unknown as CallRepository };
};

const open = (calls: CallRepository) =>
  openCallRecord({ calls, logger: silentLogger, now: () => 1000 }, call, [
    { type: 'received', text: 'INVITE.' },
  ]);

describe('the call record', () => {
  it('writes in order and numbers its notes on', async () => {
    const { log, calls } = repository(0);
    const { record } = await open(calls);
    expect(log).toEqual(['open 0received']);
    record.note('dialling', 'Dialling.');
    record.answered({ answered_at: 1 }, undefined);
    record.note('ended', 'Ended.');
    await record.complete({ status: 'busy' }, []);
    expect(log).toEqual(['open 0received', 'update answered_at', 'complete 1dialling,2ended']);
  });

  it('keeps the steps of a flow as they are passed, and all of them at the end', async () => {
    const { log, calls } = repository(0);
    const { record } = await open(calls);
    const entry = (step: string) => ({
      ...({ step, kind: 'menu', at: 1, text: '' } as const),
      ...{ input: undefined, exit: undefined, to: undefined },
    });
    record.passed([entry('hours'), entry('menu')], true);
    record.passed([], true);
    record.passed([entry('dial')], false);
    await record.complete({ status: 'busy' }, []);
    expect(log.slice(1)).toEqual(['passed 0hours,1menu', 'complete  0hours 1menu 2dial']);
  });

  it('is completed once', async () => {
    const { log, calls } = repository(0);
    const { record } = await open(calls);
    await Promise.all([record.complete({ status: 'busy' }, []), record.complete({ status: 'failed' }, [])]);
    expect(log.filter((entry) => entry.startsWith('complete'))).toHaveLength(1);
  });

  it('does not hold the call up when the database fails, and is written whole when it works again', async () => {
    vi.useFakeTimers();
    try {
      const { log, calls } = repository(3);
      const { record } = await open(calls);
      expect(log).toEqual([]);
      record.answered({ answered_at: 2 }, undefined);
      const completed = record.complete({ status: 'answered' }, []);
      await vi.advanceTimersByTimeAsync(30_000);
      await completed;
      expect(log).toEqual(['open 0received', 'update answered_at', 'complete ']);
    } finally {
      vi.useRealTimers();
    }
  });

  describe('while another process holds the database', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('waits for a short hold, so that it stands before the first response', async () => {
      const { log, calls } = repository(4, held);
      const opening = open(calls);
      await vi.advanceTimersByTimeAsync(80);
      expect((await opening).priorCalls).toBe(0);
      expect(log).toEqual(['open 0received']);
    });

    it('lets the call go on after a fifth of a second, and looks again twice a second', async () => {
      const { log, calls } = repository(30, held);
      const opening = open(calls);
      await vi.advanceTimersByTimeAsync(200);
      const { record, priorCalls } = await opening;
      expect({ log, priorCalls }).toEqual({ log: [], priorCalls: null });
      record.answered({ answered_at: 1 }, undefined);
      const completed = record.complete({ status: 'answered' }, []);
      await vi.advanceTimersByTimeAsync(15_000);
      await completed;
      expect(log).toEqual(['open 0received', 'update answered_at', 'complete ']);
    });
  });

  it('goes on soon without what the database will never take', async () => {
    vi.useFakeTimers();
    try {
      const { log, calls } = repository(0);
      const { record } = await open({ ...calls, update: () => Promise.reject(broken) });
      record.answered({ answered_at: 2 }, undefined);
      const completed = record.complete({ status: 'answered' }, []);
      await vi.advanceTimersByTimeAsync(10_000);
      await completed;
      expect(log).toEqual(['open 0received', 'complete ']);
    } finally {
      vi.useRealTimers();
    }
  });
});
