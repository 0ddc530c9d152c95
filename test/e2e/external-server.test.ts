import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSipEngine, type SipEngine } from '../../src/sip-engine/index.ts';
import { CARRIER, openStage, type Stage } from '../support/stage.ts';
import { until } from '../support/wait.ts';

/**
 * `sip.engine: drachtio`: the gateway works on a SIP server of somebody else's. The server here is the engine running by
 * itself, with no knowledge of the gateway, behind the same wire protocol as drachtio-server.
 */

const SECRET = 'cymru';

let server: SipEngine;
let stage: Stage;
const sip = { address: '127.0.0.1', port: 0 };

const startServer = (port: number): Promise<SipEngine> =>
  createSipEngine({
    listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
    admin: { address: '127.0.0.1', port, secret: SECRET },
  });

const sipPort = (): number => Number(server.hostports[0]?.split(':').at(-1));

beforeAll(async () => {
  server = await startServer(0);
  sip.port = sipPort();
  const drachtio = { host: '127.0.0.1', port: server.admin.port, secret: SECRET };
  stage = await openStage({ sip: { engine: 'drachtio', drachtio } });
});
afterAll(async () => {
  await stage?.close();
  await server?.close();
});

test('a call is bridged, recorded and attributed as on the embedded engine', async () => {
  const row = await stage.finish(await stage.answered({ to: sip }), { talkMs: 800 });
  expect(row.call).toMatchObject({ status: 'answered', source_id: 'summer-ads', hangup_by: 'caller' });
  expect(row.legs[0]?.peer).toMatch(new RegExp(`^udp/${CARRIER}:`));
  expect(row.recordings[0]?.duration_ms).toBeGreaterThan(500);
});

test('a server that goes away ends its calls, and is found again when it comes back', async () => {
  const { call } = await stage.answered({ to: sip });
  const { port } = server.admin;
  await server.close();
  const row = await stage.record(call);
  expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'gateway' });
  expect(row.call.end_reason).toContain('SIP server');

  server = await startServer(port);
  sip.port = sipPort();
  await until(
    'the gateway connects again',
    async () => {
      const probe = await stage.carrier.request('OPTIONS', sip).catch(() => undefined);
      return probe?.status === 200;
    },
    { timeoutMs: 15_000 },
  );
  const again = await stage.finish(await stage.answered({ to: sip }), { talkMs: 200 });
  expect(again.call.status).toBe('answered');
});
