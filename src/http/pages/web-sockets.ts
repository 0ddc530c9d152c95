import type { FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../../config/index.ts';
import { HttpProblem } from '../problem.ts';

/** `ws/127.0.0.1:8088` */
const BOUND = /^(ws|wss)\/.*:(\d+)$/;

/** A name or an IPv4 address, or IPv6 in brackets: nothing else gets into URLs and policies. */
const HOST = /^(?:[\w.-]{1,255}|\[[\da-f:.]{2,45}\])$/i;

/**
 * The request's host without port, IPv6 in brackets.
 *
 * @throws HttpProblem 400 when it is no host
 */
const hostName = (request: FastifyRequest): string => {
  const name = request.host.replace(/:\d+$/, '');
  if (HOST.test(name) && URL.canParse(`ws://${name}`)) return name;
  throw new HttpProblem(400, 'The Host header names no host.');
};

export type WebSocketPlaces = {
  readonly settings: Pick<GatewayConfig['phone'], 'servers'>;
  /** Where SIP is listened for, as bound: `ws/127.0.0.1:8088`. */
  readonly listeners: readonly string[];
};

/**
 * Where a page of this request's origin finds SIP over WebSocket: what the configuration names, else the listeners on the
 * host that the page came from. A page that came over https may open wss alone; one over http is given ws, where no
 * certificate stands in the way.
 */
export const webSocketServers = (
  request: FastifyRequest,
  { settings, listeners }: WebSocketPlaces,
): readonly string[] => {
  if (settings.servers.length > 0) return settings.servers;
  const scheme = request.protocol === 'https' ? 'wss' : 'ws';
  const ports = listeners.flatMap((listener) => {
    const [, transport, port] = BOUND.exec(listener) ?? [];
    return transport === scheme && port !== undefined ? [port] : [];
  });
  return [...new Set(ports)].map((port) => `${scheme}://${hostName(request)}:${port}`);
};
