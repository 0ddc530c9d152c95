import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { createAccessCheck } from '../../../src/http/access.ts';

const request = (remoteAddress: string | undefined, headers: Record<string, string>): FastifyRequest =>
  ({ socket: { remoteAddress }, headers }) as unknown as FastifyRequest;

const statusOf = (check: (request: FastifyRequest) => void, asked: FastifyRequest): number => {
  try {
    check(asked);
    return 200;
  } catch (error) {
    return typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 0;
  }
};

describe('without a token', () => {
  const check = createAccessCheck({ token: undefined, address: '192.0.2.10' });

  it.each([
    ['127.0.0.1', '127.0.0.1:8080', 200],
    ['127.8.8.8', 'localhost', 200],
    ['::1', '[::1]:8080', 200],
    ['::ffff:127.0.0.1', 'LocalHost:1', 200],
    ['127.0.0.1', '192.0.2.10:8080', 200],
    ['192.0.2.10', '127.0.0.1:8080', 403],
    ['::ffff:192.0.2.7', 'localhost', 403],
    [undefined, 'localhost', 403],
    ['127.0.0.1', 'attacker.example', 403],
    ['127.0.0.1', 'attacker.example:127', 403],
    ['127.0.0.1', 'localhost.attacker.example', 403],
    ['127.0.0.1', '[::1', 403],
    ['127.0.0.1', '', 403],
  ])('from %s for host %s: %d', (remote, host, status) => {
    expect(statusOf(check, request(remote, { host }))).toBe(status);
  });

  it('refuses proxies', () => {
    for (const name of ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']) {
      expect(statusOf(check, request('127.0.0.1', { host: 'localhost', [name]: 'x' })), name).toBe(403);
    }
  });
});

describe('with a token', () => {
  const check = createAccessCheck({ token: 'sesame', address: '0.0.0.0' });

  it.each([
    ['Bearer sesame', 200],
    ['bearer  sesame', 200],
    ['Bearer sesame2', 401],
    ['Bearer ', 401],
    ['Basic sesame', 401],
    ['sesame', 401],
  ])('%s: %d', (authorization, status) => {
    expect(statusOf(check, request('198.51.100.7', { authorization }))).toBe(status);
  });

  it('wants it of this machine too', () => {
    expect(statusOf(check, request('127.0.0.1', { host: 'localhost' }))).toBe(401);
  });
});
