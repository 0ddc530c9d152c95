import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClientTransactions } from '../../../../src/sip-engine/transaction/index.ts';
import { fakeBase, received, response, responseText, target } from '../fakes.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const start = (method: string, protocol: 'udp' | 'tcp' = 'udp') => {
  const base = fakeBase();
  const seen: string[] = [];
  const layer = createClientTransactions<string>(base, {
    response: (transaction, message) => seen.push(`${transaction.owner} ${message.status}`),
    failed: (transaction, reason) => seen.push(`${transaction.owner} ${reason}`),
  });
  const parts = {
    uri: 'sip:b@x',
    via: 'SIP/2.0/UDP 1.2.3.4;branch=z9hG4bK1',
    from: '<sip:a@x>;tag=a',
    to: '<sip:b@x>',
    callId: 'one',
    cseq: 1,
  };
  const transaction = layer.start({
    branch: 'z9hG4bK1',
    method,
    bytes: Buffer.from(`${method} first line\r\n`),
    parts: { ...parts, routes: ['<sip:r;lr>'] },
    target: target(protocol),
    owner: 'owner',
  });
  const answer = (status: number, as = method): boolean => {
    const message = response(responseText(status, as));
    return layer.receive(message, received(message, protocol));
  };
  return { base, layer, seen, transaction, answer };
};

/** Milliseconds after which the request had been sent how often, while nothing comes back. */
const sendings = (method: string, times: readonly number[]): number[] => {
  const { base } = start(method);
  return times.map((time, index) => {
    vi.advanceTimersByTime(time - (times[index - 1] ?? 0));
    return base.wire.sent.length;
  });
};

describe('INVITE (RFC 3261 17.1.1)', () => {
  it('timer A doubles without bound, timer B ends it after 64·T1', () => {
    expect(sendings('INVITE', [0, 499, 500, 1500, 3500, 7500, 15_500, 31_500, 31_999])).toEqual([
      1, 1, 2, 3, 4, 5, 6, 7, 7,
    ]);
    const { seen, layer } = start('INVITE');
    vi.advanceTimersByTime(32_000);
    expect([seen, layer.size]).toEqual([['owner timeout'], 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a provisional response stops both', () => {
    const { base, seen, answer } = start('INVITE');
    answer(100);
    vi.advanceTimersByTime(100_000);
    expect(base.wire.sent).toHaveLength(1);
    expect(seen).toEqual(['owner 100']);
  });

  it('a refusal is acknowledged, told once, and its repeats are acknowledged for 64·T1', () => {
    const { base, seen, layer, answer } = start('INVITE');
    answer(486);
    answer(486);
    expect(seen).toEqual(['owner 486']);
    expect(base.wire.sent).toEqual(['INVITE first line', 'ACK sip:b@x SIP/2.0', 'ACK sip:b@x SIP/2.0']);
    expect(base.counters.retransmissionsIn).toBe(1);
    vi.advanceTimersByTime(32_000);
    expect([layer.size, answer(486)]).toEqual([0, false]);
  });

  it('the ACK of a refusal has branch, Route and number of the INVITE and the tag of the response', () => {
    const { transaction, answer } = start('INVITE');
    answer(486);
    const ack = transaction.ack?.toString() ?? '';
    for (const line of [
      'Via: SIP/2.0/UDP 1.2.3.4;branch=z9hG4bK1',
      'Route: <sip:r;lr>',
      'To: <sip:b@127.0.0.1>;tag=b',
      'CSeq: 1 ACK',
    ]) {
      expect(ack).toContain(`${line}\r\n`);
    }
  });

  it('an accepted one hands up every 2xx for 64·T1 (RFC 6026)', () => {
    const { seen, layer, answer } = start('INVITE');
    answer(200);
    answer(200);
    answer(180);
    answer(486);
    expect(seen).toEqual(['owner 200', 'owner 200']);
    vi.advanceTimersByTime(31_999);
    expect(layer.size).toBe(1);
    vi.advanceTimersByTime(1);
    expect(layer.size).toBe(0);
  });

  it('over a stream nothing is repeated and a refusal ends it at once', () => {
    const { base, layer, answer } = start('INVITE', 'tcp');
    vi.advanceTimersByTime(10_000);
    answer(486);
    expect(base.wire.sent).toHaveLength(2);
    expect(layer.size).toBe(0);
  });
});

describe('other requests (RFC 3261 17.1.2)', () => {
  it('timer E doubles up to T2, timer F ends it after 64·T1', () => {
    expect(sendings('BYE', [0, 500, 1500, 3500, 7500, 11_500, 15_500, 31_500])).toEqual([
      1, 2, 3, 4, 5, 6, 7, 11,
    ]);
    const { seen, layer } = start('BYE');
    vi.advanceTimersByTime(32_000);
    expect([seen, layer.size]).toEqual([['owner timeout'], 0]);
  });

  it('after a provisional response timer E is T2, and F still runs', () => {
    const { base, seen, answer } = start('BYE');
    answer(100);
    vi.advanceTimersByTime(500);
    expect(base.wire.sent).toHaveLength(2);
    vi.advanceTimersByTime(4000);
    expect(base.wire.sent).toHaveLength(3);
    vi.advanceTimersByTime(27_500);
    expect(seen).toEqual(['owner 100', 'owner timeout']);
  });

  it('a final response is told once; timer K absorbs its repeats', () => {
    const { seen, layer, answer } = start('BYE');
    answer(200);
    answer(200);
    expect([seen, layer.size]).toEqual([['owner 200'], 1]);
    vi.advanceTimersByTime(5000);
    expect(layer.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('a failing transport is told once, and not after an answer', () => {
  const failing = start('INVITE');
  failing.base.wire.fail?.(new Error('refused'));
  failing.base.wire.fail?.(new Error('refused'));
  expect([failing.seen, failing.layer.size]).toEqual([['owner transport'], 0]);
  const answered = start('BYE');
  answered.answer(200);
  answered.base.wire.fail?.(new Error('refused'));
  expect(answered.seen).toEqual(['owner 200']);
});

it('a closed stream fails what was sent by it', () => {
  const { seen, layer, transaction } = start('INVITE', 'tcp');
  layer.flowClosed({ id: '1', remote: { ...transaction.target.remote, port: 9 }, open: false });
  expect(seen).toEqual([]);
  layer.flowClosed({ id: '1', remote: transaction.target.remote, open: false });
  expect(seen).toEqual(['owner transport']);
});

it('responses are matched by branch and method (RFC 3261 17.1.3)', () => {
  const { seen, answer, layer } = start('INVITE');
  expect(answer(200, 'CANCEL')).toBe(false);
  const other = response(responseText(200, 'INVITE', 'z9hG4bKother'));
  expect(layer.receive(other, received(other))).toBe(false);
  expect(seen).toEqual([]);
});
