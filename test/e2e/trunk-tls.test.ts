import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Authority, makeAuthority } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { hostPort, parseSip, writeResponse } from '../support/sip-message.ts';
import { until } from '../support/wait.ts';

/** Trunks over TLS: whose certificate is believed, and which one is shown. */

const folder = mkdtempSync(join(tmpdir(), 'dialtrace-tls-'));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** A carrier that answers OPTIONS over TLS, to those with a certificate of `authority` if it asks for one. */
const openCarrier = async (authority: Authority, address: string, asks: boolean): Promise<Server> => {
  const { key, cert } = await authority.issue({ addresses: [address] });
  const server = createServer(
    { key, cert, ca: authority.ca, requestCert: asks, rejectUnauthorized: asks },
    (socket: TLSSocket) => {
      let text = '';
      socket.setEncoding('utf8').on('error', () => undefined);
      socket.on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
          const head = text.slice(0, end + 4).trimStart();
          text = text.slice(end + 4);
          if (head.startsWith('OPTIONS'))
            socket.write(writeResponse(parseSip(head), 200, 'OK', { toTag: 't' }));
        }
      });
    },
  );
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return server;
};

const uriOf = (server: Server): string => {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not bound');
  return `sip:${bound.address}:${bound.port};transport=tls`;
};

let gateway: Gateway;
const carriers: Server[] = [];
beforeAll(async () => {
  const [own, other] = await Promise.all([makeAuthority(), makeAuthority()]);
  const [listener, client] = await Promise.all([
    own.issue({ addresses: ['127.0.0.1'] }),
    own.issue({ names: ['us'] }),
  ]);
  const [open, strict, careful, foreign] = await Promise.all([
    openCarrier(own, '127.0.0.51', false),
    openCarrier(own, '127.0.0.52', true),
    openCarrier(own, '127.0.0.53', true),
    openCarrier(other, '127.0.0.54', false),
  ]);
  carriers.push(open, strict, careful, foreign);
  const caFile = file('ca.pem', own.ca);
  const shown = { certFile: file('client.pem', client.cert), keyFile: file('client.key', client.key) };
  const trunk = (id: string, server: Server, tls?: object) => ({
    id,
    region: 'DE',
    gateway: uriOf(server),
    health: { optionsSeconds: 1, downAfter: 2 },
    ...(tls && { tls }),
  });
  gateway = await startGateway({
    plan: { numbers: [], sources: [{ id: 'none', name: 'None', source: 'none' }] },
    sip: {
      listen: [
        { transport: 'udp', address: '127.0.0.1', port: 0 },
        { transport: 'tls', address: '127.0.0.1', port: 0 },
      ],
      tls: { certFile: file('own.pem', listener.cert), keyFile: file('own.key', listener.key) },
    },
    trunks: [
      trunk('believed', open, { caFile }),
      trunk('shown', strict, { caFile, ...shown }),
      trunk('not-shown', careful, { caFile }),
      trunk('foreign', foreign, { caFile }),
    ],
  });
});
afterAll(async () => {
  await gateway?.close();
  for (const server of carriers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

type Trunk = { id: string; status: { gateways: { state: string; lastError: string | null }[] } };

test('gateways over TLS are up where both certificates are right', async () => {
  const states = async (): Promise<Record<string, string | undefined>> => {
    const response = await fetch(`http://${hostPort(gateway.http)}/v1/trunks`);
    const { trunks } = (await response.json()) as { trunks: readonly Trunk[] };
    return Object.fromEntries(trunks.map(({ id, status }) => [id, status.gateways[0]?.state]));
  };
  await until('every gateway is known', async () => !Object.values(await states()).includes('unknown'), {
    timeoutMs: 15_000,
  });
  expect(await states()).toEqual({ believed: 'up', shown: 'up', 'not-shown': 'down', foreign: 'down' });
});
