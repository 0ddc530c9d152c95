import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { remember } from '../../../../src/sip-engine/locate/memory.ts';
import type { Answer } from '../../../../src/sip-engine/locate/names.ts';

const NONE = Object.assign(new Error('none'), { code: 'ENOTFOUND' });
const SILENT = Object.assign(new Error('silent'), { code: 'ETIMEOUT' });

/** A memory whose next answers the test decides. */
const setUp = (limit = 1000) => {
  const asked: string[] = [];
  const state: { next: () => Promise<Answer<string>> } = { next: () => Promise.reject(NONE) };
  const find = remember(
    (name) => {
      asked.push(name);
      return state.next();
    },
    { limit },
  );
  const answer = (records: string[], ttl?: number): void => {
    state.next = async () => ({ records, ttl });
  };
  const fail = (error: Error): void => {
    state.next = () => Promise.reject(error);
  };
  return { asked, state, find, answer, fail };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('remembered answers', () => {
  it('hold as long as their time, 30 s without one', async () => {
    const { asked, find, answer } = setUp();
    answer(['one'], 4000);
    expect(await find('a')).toEqual(['one']);
    await pass(3999);
    expect(await find('a')).toEqual(['one']);
    expect(asked).toHaveLength(1);
    await pass(1);
    answer(['two']);
    expect(await find('a')).toEqual(['two']);
    await pass(29_999);
    expect(await find('a')).toEqual(['two']);
    expect(asked).toHaveLength(2);
    await pass(1);
    await find('a');
    expect(asked).toHaveLength(3);
  });

  it('hold a second at least, so that a flood of calls is no flood of questions', async () => {
    const { asked, find, answer } = setUp();
    answer(['one'], 0);
    await find('a');
    await pass(999);
    await find('a');
    expect(asked).toHaveLength(1);
  });

  it('are asked for once by all who wait', async () => {
    const { asked, find, answer } = setUp();
    answer(['one']);
    const all = await Promise.all([find('a'), find('a'), find('a')]);
    expect(all).toEqual([['one'], ['one'], ['one']]);
    expect(asked).toHaveLength(1);
  });

  it('that there is nothing hold 5 s, and end an older answer', async () => {
    const { asked, find, answer, fail } = setUp();
    answer(['one'], 1000);
    await find('a');
    await pass(1000);
    fail(NONE);
    expect(await find('a')).toEqual([]);
    await pass(4999);
    expect(await find('a')).toEqual([]);
    expect(asked).toHaveLength(2);
    await pass(1);
    answer(['two']);
    expect(await find('a')).toEqual(['two']);
  });

  it('serve for an hour more while the name service is silent, and nobody waits for it twice', async () => {
    const { asked, state, find, answer } = setUp();
    answer(['one'], 1000);
    await find('a');
    await pass(1000);
    state.next = () => new Promise(() => {});
    const first = find('a');
    await pass(1000);
    expect(await first).toEqual(['one']);
    await pass(5000);
    // The question is under way; the answer does not wait for it.
    expect(await find('a')).toEqual(['one']);
    expect(asked).toHaveLength(3);
    await pass(1000);
    answer(['two']);
    await pass(5000);
    await find('a');
    await pass(0);
    expect(await find('a')).toEqual(['two']);
  });

  it('are gone after that hour', async () => {
    const { find, answer, fail } = setUp();
    answer(['one'], 1000);
    await find('a');
    await pass(3_602_000);
    fail(SILENT);
    expect(await find('a')).toEqual([]);
  });

  it('are bounded in number', async () => {
    const { asked, find, answer } = setUp();
    answer(['one']);
    for (let at = 0; at < 600; at += 1) await find(`name-${at}`);
    await find('name-599');
    expect(asked).toHaveLength(600);
    await find('name-0');
    expect(asked).toHaveLength(601);
  });
});
