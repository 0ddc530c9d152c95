import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { UserView } from '../../src/reports/index.ts';
import { makeAuthority } from '../support/certificates.ts';
import { commandOf } from '../support/command.ts';
import type { PhoneAccount } from '../support/phone.ts';
import { claimPorts, type PortBlock } from '../support/ports.ts';
import { hostPort } from '../support/sip-message.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { until } from '../support/wait.ts';
import {
  type LibraryPhone,
  openLibraryPhone,
  pretendBrowser,
  WEB_LIBRARIES,
  type WebLibrary,
} from '../support/web-phones.ts';

/** JsSIP and SIP.js, as any page would load them, at a gateway that is configured as little as can be. */

const ALICE: PhoneAccount = { user: 'alice', domain: 'phones.example', password: 'staple' };
const TO_ALICE = '+493023125031';
const AGENT = 'Phone in a page/1.0';
const PROTOCOLS = ['ws', 'wss'] as const;

const folder = mkdtempSync(join(tmpdir(), 'dialtrace-web-'));
let ports: PortBlock;
let urls: Record<(typeof PROTOCOLS)[number], string>;
let stage: Stage;
let leaveBrowser: () => void = () => undefined;
const phones: LibraryPhone[] = [];

const dialtrace = (...words: string[]) => commandOf(stage.gateway)(...words);

beforeAll(async () => {
  const authority = await makeAuthority();
  const { key, cert } = await authority.issue({ addresses: ['127.0.0.1'] });
  const [keyFile, certFile, passwordFile] = ['key', 'cert', 'password'].map((name) => join(folder, name));
  if (!keyFile || !certFile || !passwordFile) throw new Error('no files');
  writeFileSync(keyFile, key);
  writeFileSync(certFile, cert);
  writeFileSync(passwordFile, ALICE.password);
  ports = await claimPorts(2);
  // The same after a restart.
  const [ws, wss] = [ports.take(), ports.take()];
  urls = { ws: `ws://127.0.0.1:${ws}`, wss: `wss://127.0.0.1:${wss}` };
  leaveBrowser = pretendBrowser(authority.ca);
  stage = await openStage({
    media: { webrtc: { enabled: true, port: 0, workers: 1 } },
    registrar: { domains: [ALICE.domain] },
    listen: [
      { transport: 'ws', address: '127.0.0.1', port: ws },
      { transport: 'wss', address: '127.0.0.1', port: wss },
    ],
    sip: { tls: { keyFile, certFile } },
    extend: () => ({
      lines: [{ id: 'alice', type: 'user', user: 'alice', ringTimeoutSeconds: 8 }],
      numbers: [{ number: TO_ALICE, source: 'summer-ads', lines: ['alice'] }],
    }),
  });
  const { code, stderr } = await dialtrace('user', 'add', 'alice', '--password-file', passwordFile);
  expect(stderr).toBe('');
  expect(code).toBe(0);
});
afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
  await until('nobody is registered', async () => (await alice()).contacts.length === 0);
});
afterAll(async () => {
  await stage?.close();
  await ports?.release();
  leaveBrowser();
  rmSync(folder, { recursive: true, force: true });
});

const alice = async (): Promise<UserView> => {
  const response = await fetch(`http://${hostPort(stage.gateway.http)}/v1/users/alice`);
  return (await response.json()) as UserView;
};

const open = (
  library: WebLibrary,
  protocol: (typeof PROTOCOLS)[number],
  password = ALICE.password,
): LibraryPhone => {
  const phone = openLibraryPhone(library, { ...ALICE, password, url: urls[protocol], userAgent: AGENT });
  phones.push(phone);
  return phone;
};

const available = (): Promise<boolean> => until('alice is there', async () => (await alice()).available);

describe.each(WEB_LIBRARIES)('%s', (library) => {
  test.each(PROTOCOLS)('registers over %s, again, and leaves', async (protocol) => {
    const phone = open(library, protocol);
    expect(await phone.register()).toBe(200);
    await available();
    const [contact, ...others] = (await alice()).contacts;
    expect(others).toEqual([]);
    expect(contact).toMatchObject({ transport: protocol, address: '127.0.0.1', userAgent: AGENT });
    expect(contact?.uri).toContain('.invalid');
    const { stdout } = await dialtrace('user', 'list');
    expect(stdout).toMatch(new RegExp(`alice.*registered.*${AGENT}.*${protocol}`));
    phone.refresh();
    await until('it is refreshed', async () => {
      const [again] = (await alice()).contacts;
      return again !== undefined && again.refreshedAt !== contact?.refreshedAt;
    });
    expect((await alice()).contacts).toHaveLength(1);
    await phone.unregister();
    await until('alice is gone', async () => !(await alice()).available);
  });

  test('with a wrong password is refused', async () => {
    expect(await open(library, 'ws', 'guess').register()).toBe(403);
    expect((await alice()).available).toBe(false);
  });

  test('is called, and busy', async () => {
    const phone = open(library, 'wss');
    await phone.register();
    await available();
    const call = stage.dial({ did: TO_ALICE, media: await stage.phone('127.0.0.2') });
    const arrived = await until('the call', () => phone.calls[0]);
    expect(arrived.from).toContain('@');
    arrived.refuse(486);
    const row = await stage.record(call);
    expect(row.call.status).toBe('busy');
    await phone.unregister();
  });

  test('comes back when the gateway does', async () => {
    const phone = open(library, 'ws');
    await phone.register();
    await available();
    await stage.gateway.stop();
    await until('it has noticed', () => !phone.registered());
    await stage.gateway.restart();
    await until('alice is back', async () => (await alice()).available, { timeoutMs: 30_000 });
    const call = stage.dial({ did: TO_ALICE, media: await stage.phone('127.0.0.2') });
    (await until('the call', () => phone.calls[0])).refuse(480);
    expect((await stage.record(call)).call.status).not.toBe('answered');
    await phone.unregister();
  });
});
