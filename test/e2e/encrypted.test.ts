import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSipEngine, type SipEngine } from '../../src/sip-engine/index.ts';
import { connectSrf, type Dialog, type Srf } from '../integration/sip-engine/srf.ts';
import { type Authority, makeAuthority } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { sleep, until } from '../support/wait.ts';

/** Signalling over TLS: a carrier that calls, lines behind trunks that are checked, certificates renewed while calls are up. */
const CARRIER = '127.0.0.2';
/** Shows the carrier's certificate at another address. */
const IMPOSTOR = '127.0.0.4';
const SECRET = 'only for tests';
const DID = { good: '+493023125001', impostor: '+493023125002' };
const CALLER = '+493023125900';

const sdp = (name: string): string =>
  `v=0\r\no=- 1 1 IN IP4 ${CARRIER}\r\ns=${name}\r\nc=IN IP4 ${CARRIER}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n`;

let directory: string;
let authority: Authority;
let carrier: SipEngine;
let srf: Srf;
let gateway: Gateway;

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

const portOf = (hostports: readonly string[], protocol: string): number =>
  Number(
    hostports
      .find((hostport) => hostport.startsWith(protocol))
      ?.split(':')
      .at(-1),
  );

const tlsPort = (): number =>
  portOf(JSON.parse(readFileSync(join(gateway.directory, 'data/gateway.json'), 'utf8')).sip, 'tls');

/** The serial number that the gateway's certificate has now, as a new peer sees it. */
const serial = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: tlsPort(), ca: authority.ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dialtrace-tls-'));
  authority = await makeAuthority();
  const own = await authority.issue({ addresses: [CARRIER] });
  carrier = await createSipEngine({
    listen: [CARRIER, IMPOSTOR].map((address) => ({ protocol: 'tls', address, port: 0 })),
    admin: { address: '127.0.0.1', port: 0, secret: SECRET },
    tls: { ...own, ca: authority.ca },
  });
  srf = await connectSrf(carrier.admin, SECRET, (app) =>
    app.invite((req, res) => {
      app.createUAS(req, res, { localSdp: sdp('line') }).catch(() => {});
    }),
  );
  const gatewayPair = await authority.issue({ addresses: ['127.0.0.1'] });
  const at = (address: string): string =>
    `sip:${address}:${portOf(carrier.hostports, `tls/${address}`)};transport=tls`;
  gateway = await startGateway({
    sip: {
      listen: [
        { transport: 'udp', address: '127.0.0.1', port: 0 },
        { transport: 'tls', address: '127.0.0.1', port: 0 },
      ],
      tls: {
        certFile: file('gateway.pem', gatewayPair.cert),
        keyFile: file('gateway.key', gatewayPair.key),
        caFile: file('ca.pem', authority.ca),
      },
    },
    trunks: [
      { id: 'good', region: 'DE', sources: [CARRIER], gateway: at(CARRIER) },
      { id: 'impostor', region: 'DE', gateway: at(IMPOSTOR) },
    ],
    plan: {
      region: 'DE',
      sources: [{ id: 'ads', name: 'Ads', source: 'google' }],
      lines: [
        { id: 'good', type: 'trunk', trunk: 'good', number: '+493023125444', ringTimeoutSeconds: 5 },
        { id: 'impostor', type: 'trunk', trunk: 'impostor', number: '+493023125444', ringTimeoutSeconds: 5 },
      ],
      numbers: [
        { number: DID.good, source: 'ads', lines: ['good'] },
        { number: DID.impostor, source: 'ads', lines: ['impostor'] },
      ],
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  srf?.disconnect();
  await carrier?.close();
  rmSync(directory, { recursive: true, force: true });
});

const dial = (did: string): Promise<Dialog> =>
  srf.createUAC(`sip:${did}@127.0.0.1:${tlsPort()};transport=tls`, {
    localSdp: sdp('caller'),
    headers: { From: `<sip:${CALLER}@${CARRIER}>` },
  });

describe('a trunk over TLS', () => {
  test('brings a call and takes one, and the call record says so', async () => {
    const dialog = await dial(DID.good);
    expect(dialog.remote.sdp).toContain('m=audio');
    await sleep(300);
    await dialog.destroy();
    const row = await gateway.records.ended(dialog.sip.callId);
    expect(row.call).toMatchObject({
      status: 'answered',
      trunk_id: 'good',
      source_id: 'ads',
      line_id: 'good',
      hangup_by: 'caller',
    });
  });

  test('whose certificate is for another host takes no call, and the record says why', async () => {
    await expect(dial(DID.impostor)).rejects.toMatchObject({ status: expect.any(Number) });
    const row = await until('the call record', () =>
      gateway.records.calls().find(({ call }) => call.did === DID.impostor && call.ended_at !== null),
    );
    expect(row.legs[1]).toMatchObject({ trunk_id: 'impostor', outcome: 'unreachable' });
  });
});

describe('the certificate', () => {
  test('is renewed on SIGHUP while a call goes on', async () => {
    const dialog = await dial(DID.good);
    const before = await serial();
    const renewed = await authority.issue({ addresses: ['127.0.0.1'] });
    file('gateway.pem', renewed.cert);
    file('gateway.key', renewed.key);
    process.kill(gateway.pid(), 'SIGHUP');
    await until('the new certificate', async () => (await serial()) !== before);
    expect((await dialog.request({ method: 'OPTIONS' })).status).toBe(200);
    await dialog.destroy();
    await until('the log line', () => gateway.log().includes('certificates read again'));
  });

  test('that can’t be used changes nothing, and the log says why', async () => {
    const before = await serial();
    file('gateway.key', (await authority.issue({ addresses: ['127.0.0.1'] })).key);
    process.kill(gateway.pid(), 'SIGHUP');
    await until('the log line', () => gateway.log().includes('is not the key of'));
    expect(await serial()).toBe(before);
    const dialog = await dial(DID.good);
    await dialog.destroy();
  });
});
