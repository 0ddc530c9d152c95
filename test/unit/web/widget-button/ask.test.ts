import { afterEach, expect, it, vi } from 'vitest';
import { ask } from '../../../../src/web/widget/button/ask.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it('does not wait for ever: an answer that takes too long is none', async () => {
  const over = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over.signal);
  vi.stubGlobal('fetch', (_url: string, { signal }: { signal?: AbortSignal }) => {
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('too late')));
    });
  });
  const answer = ask('https://gateway.example/v1/button/token', {});
  over.abort();
  expect(await answer).toEqual({ status: 0, body: {}, retryAfterS: undefined });
  expect(timeout).toHaveBeenCalledWith(15_000);
});
