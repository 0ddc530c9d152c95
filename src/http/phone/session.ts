import { createHash, randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { isBusy, type Store, type UserTable, type WebSession } from '../../store/index.ts';
import { whenFree } from '../patience.ts';
import { HttpProblem } from '../problem.ts';

const COOKIE = 'dialtrace_phone';
const TOKEN_BYTES = 32;
/** How old `used_at` may grow, in milliseconds: not every request is written down. */
const TOUCH_AFTER_MS = 60_000;
const HOUR_MS = 3_600_000;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

type Options = {
  readonly store: Pick<Store, 'webSessions'>;
  /** How long a login lasts without being used. */
  readonly hours: number;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Who is logged in, by a cookie whose token nobody but the browser keeps. */
export const createSessions = ({ store, hours, logger, now }: Options) => {
  const oldest = (): number => now() - hours * HOUR_MS;

  const cookie = (request: FastifyRequest) =>
    ({ path: '/phone', httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' }) as const;

  const find = async (request: FastifyRequest): Promise<WebSession | undefined> => {
    const token = request.cookies[COOKIE];
    if (token === undefined) return undefined;
    const found = await store.webSessions.find(hashOf(token), oldest());
    if (found && now() - found.session.used_at > TOUCH_AFTER_MS) {
      // A database that is held is written the next time.
      await store.webSessions.touch(found.session.token_hash, now()).catch((error: unknown) => {
        if (!isBusy(error)) logger.error({ error: errorMessage(error) }, 'login not writable');
      });
    }
    return found;
  };

  return {
    /** Logs a user in: a new token, whatever the browser had before. */
    begin: async (user: UserTable, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      const before = request.cookies[COOKIE];
      await whenFree(async () => {
        await store.webSessions.expire(oldest());
        if (before !== undefined) await store.webSessions.remove(hashOf(before));
        await store.webSessions.create({
          token_hash: hashOf(token),
          user_id: user.id,
          created_at: now(),
          used_at: now(),
          address: request.ip,
          user_agent: request.headers['user-agent']?.slice(0, 200) ?? null,
        });
      });
      reply.setCookie(COOKIE, token, cookie(request));
    },
    end: async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const token = request.cookies[COOKIE];
      if (token !== undefined) await whenFree(() => store.webSessions.remove(hashOf(token)));
      reply.clearCookie(COOKIE, cookie(request));
    },
    find,
    /** @throws HttpProblem 401 when nobody is logged in */
    require: async (request: FastifyRequest): Promise<UserTable> => {
      const found = await find(request);
      if (!found) throw new HttpProblem(401, 'Log in first: there is no login, or it is over.');
      return found.user;
    },
  };
};

export type Sessions = ReturnType<typeof createSessions>;

/** @throws HttpProblem 403 for agents */
export const requireSupervisor = (user: UserTable): UserTable => {
  if (user.role === 'supervisor') return user;
  throw new HttpProblem(403, 'This is for supervisors.');
};

/**
 * A browser says where a page that sends something comes from; only our own pages may (RFC 6454 7).
 *
 * @throws HttpProblem 403
 */
export const refuseForeignPosts = (request: FastifyRequest): void => {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const { origin, 'content-type': type = '' } = request.headers;
  const host = origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined;
  if (host === undefined || host !== request.host.toLowerCase())
    throw new HttpProblem(403, "The Origin header must name the softphone's own page.");
  if (!/^application\/json\s*(?:;|$)/i.test(type))
    throw new HttpProblem(403, 'Send JSON, with Content-Type: application/json.');
};
