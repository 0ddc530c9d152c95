import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SitePlan } from '../../config/index.ts';
import { originHost } from '../pages/origin.ts';

const COOKIE = 'dt_v';
const DAY_SECONDS = 86_400;

/**
 * Where the page is on another host, a browser sends the cookie along only when it says `SameSite=None`, and that wants TLS;
 * `Partitioned` keeps what one owner's pages know from another's.
 */
const place = (request: FastifyRequest) => {
  const secure = request.protocol === 'https';
  const elsewhere = secure && originHost(request.headers.origin) !== request.host.toLowerCase();
  return {
    path: '/',
    httpOnly: true,
    secure,
    sameSite: elsewhere ? 'none' : 'lax',
    ...(elsewhere && { partitioned: true }),
  } as const;
};

/** The visitor that the browser says it is. */
export const cookieVisitor = (request: FastifyRequest): string | undefined => request.cookies[COOKIE];

/** Tells the browser its visitor id, for `cookieDays` from now. */
export const keepVisitor = (
  request: FastifyRequest,
  reply: FastifyReply,
  site: SitePlan,
  visitor: string,
): void => {
  reply.setCookie(COOKIE, visitor, { ...place(request), maxAge: site.cookieDays * DAY_SECONDS });
};

/** Takes the id back, where there is one. */
export const dropVisitor = (request: FastifyRequest, reply: FastifyReply): void => {
  if (cookieVisitor(request) !== undefined) reply.clearCookie(COOKIE, place(request));
};
