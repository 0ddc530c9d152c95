import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { ownPages } from '../../../../src/http/pages/asking.ts';

const request = (origin: string | undefined, host: string) =>
  ({ headers: { origin }, host }) as unknown as FastifyRequest;

describe('ownPages', () => {
  it('are those of the host that is asked', () => {
    const isOwn = ownPages(undefined);
    expect(isOwn(request('https://calls.example', 'calls.example'))).toBe(true);
    expect(isOwn(request('http://localhost:8080', 'localhost:8080'))).toBe(true);
    expect(isOwn(request('http://localhost:8081', 'localhost:8080'))).toBe(false);
    expect(isOwn(request('null', 'calls.example'))).toBe(false);
    expect(isOwn(request(undefined, 'calls.example'))).toBe(false);
  });

  it('are of no other name where the public one is known', () => {
    const isOwn = ownPages('https://calls.example/');
    expect(isOwn(request('https://calls.example', 'calls.example'))).toBe(true);
    // Behind a proxy that names itself.
    expect(isOwn(request('https://calls.example', 'inside:8080'))).toBe(true);
    expect(isOwn(request('http://evil.example', 'evil.example'))).toBe(false);
    expect(isOwn(request('http://127.0.0.1:8080', '127.0.0.1:8080'))).toBe(true);
    expect(isOwn(request('http://[::1]:8080', '[::1]:8080'))).toBe(true);
    expect(isOwn(request('http://1.2.3.4.evil.example', '1.2.3.4.evil.example'))).toBe(false);
  });
});
