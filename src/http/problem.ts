import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply } from 'fastify';
import { type Problem, UsageError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';

/** A refusal that becomes problem JSON (RFC 9457). */
export class HttpProblem extends Error {
  readonly status: number;
  readonly problems: readonly Problem[];
  /** Members of the body beside RFC 9457's own. */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    detail: string,
    problems: readonly Problem[] = [],
    more: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = 'HttpProblem';
    this.status = status;
    this.problems = problems;
    this.more = more;
  }
}

/** The body of a problem, RFC 9457 section 3; `errors` names each wrong field. */
export type ProblemBody = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly errors?: readonly Problem[];
};

export const PROBLEM_TYPE = 'application/problem+json';

const problemBody = (status: number, detail: string, errors: readonly Problem[]): ProblemBody => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  ...(errors.length > 0 && { errors }),
});

/** Answers with problem JSON. */
export const sendProblem = (
  reply: FastifyReply,
  status: number,
  detail: string,
  errors: readonly Problem[] = [],
  more: Readonly<Record<string, unknown>> = {},
): FastifyReply => {
  // RFC 9110 15.5.2: whoever must prove himself is told how.
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send({ ...problemBody(status, detail, errors), ...more });
};

/** Turns anything a route throws into problem JSON; what is nobody's fault but ours is logged and told without details. */
export const answerError = (
  error: FastifyError | Error,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply => {
  if (error instanceof HttpProblem)
    return sendProblem(reply, error.status, error.message, error.problems, error.more);
  if (error instanceof UsageError) return sendProblem(reply, 400, error.message, error.problems);
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status < 500) return sendProblem(reply, status, error.message);
  logger.error({ err: error }, 'an HTTP request failed');
  return sendProblem(reply, 500, 'The request failed; the log of the gateway says why.');
};
