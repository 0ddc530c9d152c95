import { describe, expect, it, vi } from 'vitest';
import { forkTargets } from '../../../../src/calls/ring/fork-targets.ts';
import type { CallStop } from '../../../../src/calls/types.ts';
import type { DialResult, SipDialog } from '../../../../src/sip/index.ts';
import { later } from '../../../support/wait.ts';

const dialog = () => ({ bye: vi.fn(async () => undefined) }) as unknown as SipDialog;
const answered = (by = dialog()): DialResult => ({
  type: 'answered',
  dialog: by,
  sdp: '',
  peer: undefined,
  header: () => undefined,
});
const refused = (status: number): DialResult => ({
  type: 'refused',
  status,
  reason: '',
  q850: undefined,
  peer: undefined,
  header: () => undefined,
});

const scene = (count: number, ringMs = 10_000) => {
  const results = Array.from({ length: count }, () => later<DialResult>());
  const cancels = results.map(() => vi.fn());
  const progress: ((status: number, sdp: string | undefined) => void)[] = [];
  const stopped = later<CallStop>();
  const onProgress = vi.fn();
  const [first = { uri: 'sip:0' }, ...others] = results.map((_, at) => ({ uri: `sip:${at}` }));
  const dialled = forkTargets({
    dial: ({ uri }, onTargetProgress) => {
      const at = Number(uri.slice(4));
      progress[at] = onTargetProgress;
      return {
        result: results[at]?.promise ?? Promise.reject(new Error('no such phone')),
        sipCallId: () => uri,
        cancel: cancels[at] ?? (() => undefined),
      };
    },
    request: { targets: [first, ...others], isQuickTry: false },
    ringMs,
    silenceMs: undefined,
    onProgress,
    onNext: () => undefined,
    report: () => undefined,
    stopped: stopped.promise,
  });
  return { results, cancels, progress, stopped, onProgress, dialled };
};

describe('ringing several phones', () => {
  it('gives the call to the first that answers and stops the others', async () => {
    const { results, cancels, progress, onProgress, dialled } = scene(3);
    progress[2]?.(183, 'v=0');
    expect(onProgress).toHaveBeenCalledWith(183, undefined);
    results[1]?.resolve(answered());
    const { ending, target } = await dialled;
    expect([ending.type, target.uri]).toEqual(['answered', 'sip:1']);
    expect(cancels.map((cancel) => cancel.mock.calls.length)).toEqual([1, 0, 1]);
  });

  it('hangs up the second of two that answer at once', async () => {
    const { results, dialled } = scene(2);
    const second = dialog();
    results[0]?.resolve(answered());
    results[1]?.resolve(answered(second));
    expect((await dialled).target.uri).toBe('sip:0');
    await vi.waitFor(() => expect(second.bye).toHaveBeenCalledOnce());
  });

  it.each([
    [[404, 486, 503], 486],
    [[503, 480], 480],
    [[503, 408], 408],
    [[500, 404], 404],
  ])('that all refuse (%j) ends as %i', async (statuses, expected) => {
    const { results, dialled } = scene(statuses.length);
    statuses.forEach((status, at) => {
      results[at]?.resolve(refused(status));
    });
    expect((await dialled).ending).toMatchObject({ type: 'refused', status: expected });
  });

  it('ends with the first that declines for all', async () => {
    const { results, cancels, dialled } = scene(3);
    results[2]?.resolve(refused(603));
    expect((await dialled).ending).toMatchObject({ status: 603 });
    expect(cancels.map((cancel) => cancel.mock.calls.length)).toEqual([1, 1, 0]);
  });

  it('ends when the time is up, and when the call is over', async () => {
    const late = scene(2, 20);
    late.progress[1]?.(180, undefined);
    expect((await late.dialled).ending).toEqual({ type: 'timeout', heard: true });
    expect((await scene(1, 20).dialled).ending).toEqual({ type: 'timeout', heard: false });
    const over = scene(2);
    const stop: CallStop = { by: 'caller', reason: 'gone', q850: 16, cancelled: true };
    over.stopped.resolve(stop);
    expect((await over.dialled).ending).toEqual({ type: 'stopped', stop });
    expect(over.cancels[1]).toHaveBeenCalledOnce();
  });
});
