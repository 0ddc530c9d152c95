import { afterEach, expect, it } from 'vitest';
import { createLossyRelay, type LossyRelay, type Passage } from '../../support/lossy-relay.ts';
import { deferred, type Harness, startHarness, until } from './harness.ts';
import { read, sdp } from './peer.ts';
import type { Dialog, Req } from './srf.ts';

const CALLS = 500;
/** Calls under way at any time. */
const AT_ONCE = 20;
const TIMERS = { t1: 50, t2: 200, t4: 250 };
const SHARE = 0.05;

/**
 * An INVITE goes out at 0, 1, 3, 7, 15, 31 and 63 times T1 and fails at 64 (RFC 3261 17.1.1.2): it takes the loss of seven
 * exchanges on end. One is lost when the request or its response is, 1 - 0.95² = 9.75 %; seven on end 8 in 100 million.
 */
const MOST_INVITES = 7;

let left: Harness;
let right: Harness;
let relay: LossyRelay;
afterEach(async () => {
  await left?.close();
  await right?.close();
  await relay?.close();
});

type Outcome = { readonly callId: string; readonly status: number };

/** What the relay saw of each call. */
const byCall = (log: readonly Passage[]): Map<string, Passage[]> => {
  const calls = new Map<string, Passage[]>();
  for (const passage of log) {
    const id = read(passage.text).header('Call-ID');
    const seen = calls.get(id);
    if (seen === undefined) calls.set(id, [passage]);
    else seen.push(passage);
  }
  return calls;
};

const isInvite = ({ from, text }: Passage): boolean => from === 'left' && text.startsWith('INVITE ');

const isHeard = ({ from, fate, text }: Passage): boolean =>
  from === 'right' && fate !== 'dropped' && read(text).header('CSeq').endsWith(' INVITE');

const ended = (dialog: Dialog): Promise<void> => {
  const { promise, resolve } = deferred<void>();
  dialog.on('destroy', () => resolve());
  return promise;
};

it(`${CALLS} calls over a line that loses, doubles and shuffles all end right on both sides`, async () => {
  // Those answered, by Call-ID: settled when the callee's dialog is over.
  const answered = new Map<string, Promise<void>>();
  right = await startHarness(
    { listen: [{ protocol: 'udp', address: '127.0.0.2', port: 0 }], timers: TIMERS },
    (srf) =>
      srf.invite(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { localSdp: sdp('callee') });
        const { promise, resolve } = deferred<void>();
        answered.set(dialog.sip.callId, promise);
        dialog.on('destroy', () => resolve());
        // Every second call is ended by the callee, once it knows that the caller is there.
        if (Number(req.get('X-Number')) % 2 === 1)
          dialog.on('ack', () => dialog.destroy().then(() => resolve()));
      }),
  );
  left = await startHarness({ timers: TIMERS });
  relay = await createLossyRelay({
    address: '127.0.0.3',
    left: { address: '127.0.0.1', port: left.port },
    right: { address: '127.0.0.2', port: right.port },
    dropped: SHARE,
    duplicated: SHARE,
    reordered: SHARE,
    seed: 3261,
  });

  const call = async (number: number): Promise<Outcome> => {
    let callId = '';
    const uri = `sip:callee@127.0.0.3:${relay.forLeft.port}`;
    const options = { localSdp: sdp('caller'), headers: { 'X-Number': String(number) } };
    const cbRequest = (_error: unknown, req: Req): void => {
      callId = req.get('Call-ID') ?? '';
    };
    try {
      const dialog = await left.srf.createUAC(uri, options, { cbRequest });
      const over = ended(dialog);
      if (number % 2 === 1) await over;
      else expect((await dialog.destroy()).method).toBe('BYE');
      return { callId, status: 200 };
    } catch (error) {
      return { callId, status: (error as { status?: number }).status ?? 0 };
    }
  };

  const outcomes: Outcome[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < CALLS) outcomes.push(await call(next++));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  await Promise.all(answered.values());

  const seen = byCall(relay.log);
  for (const { callId, status } of outcomes) {
    const passages = seen.get(callId) ?? [];
    expect(passages.filter(isInvite).length).toBeLessThanOrEqual(MOST_INVITES);
    // Whoever was heard at all has got through; whoever was not gave up after the last repetition.
    expect(status).toBe(passages.some(isHeard) ? 200 : 408);
    if (status === 408) expect(passages.filter(isInvite)).toHaveLength(MOST_INVITES);
  }
  expect(outcomes).toHaveLength(CALLS);
  expect(outcomes.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(CALLS - 1);

  // It was a bad line indeed, and what was lost was sent again.
  const lost = relay.log.filter(({ fate }) => fate === 'dropped').length / relay.log.length;
  expect(lost).toBeGreaterThan(SHARE / 2);
  expect(lost).toBeLessThan(SHARE * 2);
  expect(relay.log.filter(isInvite).length).toBeGreaterThan(CALLS);

  for (const { engine } of [left, right]) {
    await until(async () => {
      const stats = await engine.stats();
      return stats.dialogs + stats.clientTransactions + stats.serverTransactions + stats.timers === 0;
    }, 20_000);
  }
});
