import { randomBytes } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { errorMessage } from '../base/errors.ts';
import type { GatewayConfig } from '../config/index.ts';

type Sockets = Pick<GatewayConfig, 'phone' | 'sip'>;

/**
 * Where pages of a gateway that is reached at `base` open SIP over WebSocket: what the configuration names, else its listeners
 * on the same host. Those on a port that the system picks are left out.
 */
export const socketsOf = ({ phone, sip }: Sockets, base: string): readonly string[] => {
  if (phone.servers.length > 0) return phone.servers;
  const { protocol, hostname } = new URL(base);
  const scheme = protocol === 'https:' ? 'wss' : 'ws';
  const ports = sip.listen.flatMap(({ transport, port }) =>
    transport === scheme && port !== 0 ? [port] : [],
  );
  return [...new Set(ports)].map((port) => `${scheme}://${hostname}:${port}`);
};

/**
 * Opens a WebSocket for SIP (RFC 6455 4.1, RFC 7118) as a browser does, and leaves it.
 *
 * @returns undefined when it opened, else why not
 */
export const openSocket = (url: string, origin: string, patienceMs: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const request = url.startsWith('wss:') ? requestHttps : requestHttp;
    const asking = request(url.replace(/^ws/, 'http'), {
      agent: false,
      timeout: patienceMs,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        origin,
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        'sec-websocket-protocol': 'sip',
      },
    });
    asking.once('upgrade', (_, socket) => {
      socket.destroy();
      resolve(undefined);
    });
    asking.once('response', (response) => {
      response.destroy();
      resolve(`it answers ${response.statusCode}`);
    });
    asking.once('timeout', () => asking.destroy(new Error('no answer')));
    asking.once('error', (error) => resolve(errorMessage(error)));
    asking.end();
  });
