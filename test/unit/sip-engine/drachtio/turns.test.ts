import { expect, it } from 'vitest';
import type { Client } from '../../../../src/sip-engine/drachtio/client.ts';
import { createTurns } from '../../../../src/sip-engine/drachtio/turns.ts';

const ignore = (): void => {};

const client = (clogged = false): Client & { clogged: boolean } => ({
  app: { open: true, request: ignore, response: ignore, unsolicited: ignore },
  verbs: new Set(),
  tags: [],
  authenticated: true,
  clogged,
  write: ignore,
  authenticate: () => undefined,
  hangUp: ignore,
  destroy: ignore,
});

it('each name has its own round, in the order of joining', () => {
  const turns = createTurns();
  const [a, b] = [client(), client()];
  turns.add('invite', a);
  turns.add('invite', b);
  turns.add('invite', a);
  turns.add('options', b);
  expect([turns.next('invite'), turns.next('invite'), turns.next('invite')]).toEqual([a, b, a]);
  expect(turns.next('invite')).toBe(b);
  expect(turns.next('options')).toBe(b);
  expect(turns.next('bye')).toBeUndefined();
});

it('skips those that are clogged, and has nobody when all are', () => {
  const turns = createTurns();
  const [a, b, c] = [client(), client(true), client()];
  for (const each of [a, b, c]) turns.add('invite', each);
  expect([1, 2, 3, 4].map(() => turns.next('invite'))).toEqual([a, c, a, c]);
  a.clogged = true;
  c.clogged = true;
  expect(turns.next('invite')).toBeUndefined();
  b.clogged = false;
  expect(turns.next('invite')).toBe(b);
});

it('nobody is left out or served twice when one leaves', () => {
  const turns = createTurns();
  const [a, b, c] = [client(), client(), client()];
  for (const each of [a, b, c]) turns.add('invite', each);
  expect(turns.next('invite')).toBe(a);
  expect(turns.next('invite')).toBe(b);
  turns.remove('invite', a);
  expect([1, 2, 3].map(() => turns.next('invite'))).toEqual([c, b, c]);
  turns.remove('invite', b);
  turns.remove('invite', a);
  expect(turns.next('invite')).toBe(c);
  turns.remove('invite', c);
  expect(turns.next('invite')).toBeUndefined();
});
