import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { HttpProblem } from './problem.ts';

export type AccessOptions = {
  /** Bearer token; without one only this machine is let in. */
  readonly token: string | undefined;
  /** The configured bind address, which a Host header may name as well. */
  readonly address: string;
};

const isLoopback = (address: string | undefined): boolean => {
  if (address === undefined || !ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'loopback';
};

/** Host part of a Host header, without port and brackets, lower case. */
const hostOf = (header: string): string => {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(header)?.[1];
  return (bracketed ?? header.replace(/:\d+$/, '')).toLowerCase();
};

/** True when a browser that meant this machine would send it; a name that DNS was bent to point here is not. */
const isOwnHost = (header: string | undefined, address: string): boolean => {
  if (header === undefined) return false;
  const host = hostOf(header);
  return host === 'localhost' || host === address.toLowerCase() || isLoopback(host);
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const hasToken = (header: string | undefined, expected: Buffer): boolean => {
  const given = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  return given !== undefined && timingSafeEqual(digest(given), expected);
};

/** Whether a browser sends it for a page of another place: such a page needs no answer to do harm. */
const isForeignPage = ({ origin }: FastifyRequest['headers'], address: string): boolean =>
  origin !== undefined && !(URL.canParse(origin) && isOwnHost(new URL(origin).host, address));

const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

const refuseForeign = (request: FastifyRequest, address: string): void => {
  const refused = (why: string): HttpProblem =>
    new HttpProblem(403, `${why} Set http.token in dialtrace.yaml to open the API to others.`);
  if (!isLoopback(request.socket.remoteAddress))
    throw refused('Without a token the API answers to this machine only.');
  if (!isOwnHost(request.headers.host, address)) throw refused('The Host header names another host.');
  if (isForeignPage(request.headers, address))
    throw refused('The Origin header names a page of another host.');
  if (PROXY_HEADERS.some((name) => request.headers[name] !== undefined)) {
    throw refused('The request came through a proxy.');
  }
};

/**
 * Who may use the API: whoever carries the token; without a configured token, this machine alone. The socket's address
 * decides, and requests for a foreign host (DNS rebinding) or through a proxy are refused.
 *
 * @returns a check that throws HttpProblem 401 or 403
 */
export const createAccessCheck = ({ token, address }: AccessOptions): ((request: FastifyRequest) => void) => {
  if (token === undefined) return (request) => refuseForeign(request, address);
  const expected = digest(token);
  return (request) => {
    if (!hasToken(request.headers.authorization, expected)) {
      throw new HttpProblem(401, 'Send the header "Authorization: Bearer" with the token of http.token.');
    }
  };
};
