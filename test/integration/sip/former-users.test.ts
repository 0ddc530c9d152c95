import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import {
  createDigestClient,
  createRegistrar,
  hashedA1,
  type IncomingRegister,
  type Registrar,
} from '../../../src/sip/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { until } from '../../support/wait.ts';

/** What is left of a user that a command has removed while its phone was registered. */

const DOMAIN = 'example.com';
const PASSWORD = 'secret';

let folder: string;
let store: Store;
let registrar: Registrar;

const open = async (): Promise<void> => {
  store = await openStore(
    { path: join(folder, 'd.db'), keyFile: join(folder, 'd.key'), backupDirectory: join(folder, 'b') },
    silentLogger,
  );
  registrar = await createRegistrar(
    {
      domains: [DOMAIN],
      realm: DOMAIN,
      algorithms: ['MD5'],
      limits: { minExpires: 1, maxExpires: 3600, defaultExpires: 600, maxContacts: 3 },
      passSeconds: 300,
    },
    { store, secret: 'secret', passSecret: 'another', logger: silentLogger, now: Date.now },
  );
};

const shut = async (): Promise<void> => {
  await registrar.close();
  await store.close();
};

const addAlice = (id: string): Promise<boolean> =>
  store.users.add({
    id,
    name: 'alice',
    display: null,
    realm: DOMAIN,
    ha1_md5: hashedA1('MD5', 'alice', DOMAIN, PASSWORD),
    ha1_sha256: hashedA1('SHA-256', 'alice', DOMAIN, PASSWORD),
    ha1_sha512_256: hashedA1('SHA-512-256', 'alice', DOMAIN, PASSWORD),
    disabled: 0,
    created_at: Date.now(),
    role: 'agent',
    ready: 1,
  });

let sequence = 0;

const registerAt = async (host: string): Promise<number> => {
  const ask = (credentials?: string) => {
    sequence += 1;
    const headers: Readonly<Record<string, string | undefined>> = {
      Via: `SIP/2.0/UDP ${host};branch=z9hG4bK1`,
      To: `<sip:alice@${DOMAIN}>`,
      'Call-ID': host,
      CSeq: `${sequence} REGISTER`,
      Contact: `<sip:alice@${host}:5060>`,
      Authorization: credentials,
    };
    const message: IncomingRegister = {
      uri: `sip:${DOMAIN}`,
      peer: { protocol: 'udp', address: host, port: 5060 },
      body: '',
      header: (name) => headers[name],
    };
    return registrar.register(message);
  };
  const challenges = [(await ask()).headers['WWW-Authenticate'] ?? []].flat();
  const client = createDigestClient({ username: 'alice', password: PASSWORD });
  return (await ask(client.answer(challenges, { method: 'REGISTER', uri: `sip:${DOMAIN}` }))).status;
};

const targets = async (): Promise<number> => {
  const found = await registrar.reach('alice');
  return found.type === 'reachable' ? found.targets.length : 0;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-former-'));
  await open();
  await addAlice('first');
  expect(await registerAt('192.0.2.1')).toBe(200);
});
afterEach(async () => {
  await shut();
  await rm(folder, { recursive: true, force: true });
});

describe('a removed user', () => {
  it('has no phones any more, and whoever listens is told', async () => {
    const seen: string[] = [];
    registrar.onPresence((user, available) => seen.push(`${user} ${available}`));
    await store.users.remove('alice');
    await until('the phone is forgotten', () => registrar.counts.contacts === 0, { timeoutMs: 10_000 });
    expect(seen).toEqual(['alice false']);
    expect(registrar.isRegistered({ protocol: 'udp', address: '192.0.2.1', port: 5060 })).toBe(false);
  });

  it.each(['at once', 'after a restart'])('leaves no phone to another of the same name, %s', async (when) => {
    if (when === 'after a restart') {
      await shut();
      await open();
      expect(await targets()).toBe(1);
    }
    await store.users.remove('alice');
    await addAlice('second');
    expect(await registrar.reach('alice')).toEqual({ type: 'offline' });
    expect(await registerAt('192.0.2.2')).toBe(200);
    expect(await targets()).toBe(1);
    expect(registrar.counts.contacts).toBe(1);
  });
});
