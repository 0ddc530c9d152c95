import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpProblem } from '../problem.ts';

const RETRY_SECONDS = 5;

/** What is thrown at a page that gets no answer now: it keeps its own numbers. */
export const refusal = (refused: 'unknown-site' | 'too-many', reply: FastifyReply): HttpProblem => {
  if (refused === 'unknown-site') return new HttpProblem(404, 'There is no such site.');
  reply.header('retry-after', String(RETRY_SECONDS));
  return new HttpProblem(503, 'Too many pages ask at once: try again later.');
};

/** Whether the browser says that its user wants not to be followed (Global Privacy Control; Do Not Track). */
export const refusesTracking = ({ headers }: FastifyRequest): boolean =>
  headers['sec-gpc'] === '1' || headers['dnt'] === '1';
