import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createServerTransactions } from '../../../../src/sip-engine/transaction/index.ts';
import { fakeBase, received, request, requestText } from '../fakes.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const open = (method: string, protocol: 'udp' | 'tcp' = 'udp') => {
  const base = fakeBase();
  const layer = createServerTransactions<string>(base);
  const message = request(requestText(method));
  const transaction = layer.open(received(message, protocol), message);
  const respond = (status: number): void => layer.respond(transaction, status, Buffer.from(String(status)));
  return { base, layer, transaction, respond };
};

const match = (layer: ReturnType<typeof open>['layer'], text: string) => layer.match(request(text));

describe('INVITE (RFC 3261 17.2.1)', () => {
  it('a refusal is repeated by timer G up to T2, and given up by timer H', () => {
    const { base, layer, respond } = open('INVITE');
    respond(180);
    respond(486);
    const counts = [500, 1000, 2000, 4000, 4000].map((ms) => {
      vi.advanceTimersByTime(ms);
      return base.wire.sent.filter((text) => text === '486').length;
    });
    expect(counts).toEqual([2, 3, 4, 5, 6]);
    vi.advanceTimersByTime(32_000);
    expect(layer.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('the ACK ends the repetition; timer I absorbs further ones', () => {
    const { base, layer, transaction, respond } = open('INVITE');
    respond(486);
    const ack = match(layer, requestText('ACK', 'z9hG4bK1', 'b'));
    expect(ack).toBe(transaction);
    layer.acknowledged(transaction);
    vi.advanceTimersByTime(4999);
    expect([base.wire.sent.length, layer.size]).toEqual([1, 1]);
    vi.advanceTimersByTime(1);
    expect(layer.size).toBe(0);
  });

  it('over a stream a refusal is not repeated, and the ACK ends it at once', () => {
    const { base, layer, transaction, respond } = open('INVITE', 'tcp');
    respond(486);
    vi.advanceTimersByTime(5000);
    expect(base.wire.sent).toEqual(['486']);
    layer.acknowledged(transaction);
    expect(layer.size).toBe(0);
  });

  it('an accepted one absorbs repeats for 64·T1 (RFC 6026 7.1)', () => {
    const { base, layer, transaction, respond } = open('INVITE');
    respond(200);
    layer.repeat(transaction);
    expect(base.wire.sent).toEqual(['200']);
    vi.advanceTimersByTime(32_000);
    expect(layer.size).toBe(0);
  });

  it('a repeated INVITE gets the last provisional response again', () => {
    const { base, layer, transaction, respond } = open('INVITE');
    layer.repeat(transaction);
    respond(100);
    respond(180);
    layer.repeat(transaction);
    expect(base.wire.sent).toEqual(['100', '180', '180']);
  });

  it('nothing is sent after the final response', () => {
    const { base, respond } = open('INVITE');
    respond(486);
    respond(200);
    respond(180);
    expect(base.wire.sent).toEqual(['486']);
  });
});

describe('other requests (RFC 3261 17.2.2)', () => {
  it('timer J answers repeats for 64·T1', () => {
    const { base, layer, transaction, respond } = open('BYE');
    respond(200);
    layer.repeat(transaction);
    expect(base.wire.sent).toEqual(['200', '200']);
    vi.advanceTimersByTime(32_000);
    expect(layer.size).toBe(0);
  });

  it('over a stream they end with the response', () => {
    const { layer, respond } = open('BYE', 'tcp');
    respond(200);
    expect(layer.size).toBe(0);
  });
});

describe('matching (RFC 3261 17.2.3, 9.2, 8.2.2.2)', () => {
  it('by branch, sent-by and method', () => {
    const { layer, transaction } = open('INVITE');
    expect(match(layer, requestText('INVITE'))).toBe(transaction);
    expect(match(layer, requestText('INVITE').replace('192.0.2.1:5060', '192.0.2.2:5060'))).toBeUndefined();
    expect(match(layer, requestText('INVITE', 'z9hG4bK2'))).toBeUndefined();
    expect(match(layer, requestText('CANCEL'))).toBeUndefined();
    expect(layer.matchCancelled(request(requestText('CANCEL')))).toBe(transaction);
  });

  it('by Call-ID, From tag and CSeq for merged requests', () => {
    const { layer, transaction } = open('INVITE');
    expect(layer.matchCall(request(requestText('INVITE', 'z9hG4bK2')))).toBe(transaction);
    layer.abandon(transaction);
    expect(layer.matchCall(request(requestText('INVITE', 'z9hG4bK2')))).toBeUndefined();
  });

  it('by the headers too where the branch has no magic cookie', () => {
    const base = fakeBase();
    const layer = createServerTransactions<string>(base);
    const first = request(requestText('INVITE', '1'));
    const transaction = layer.open(received(first), first);
    expect(match(layer, requestText('INVITE', '1'))).toBe(transaction);
    expect(match(layer, requestText('INVITE', '1').replace('Call-ID: one', 'Call-ID: two'))).toBeUndefined();
  });
});
