import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import {
  createDigestClient,
  createRegistrar,
  hashedA1,
  type IncomingRegister,
  type RegisterResponse,
  type Registrar,
} from '../../../src/sip/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { until } from '../../support/wait.ts';

/** The registrar on a real database, without the network. */

const DOMAIN = 'example.com';
const PASSWORD = 'secret';

let folder: string;
let store: Store;
let registrar: Registrar;
let now = Date.now();

const open = async (): Promise<void> => {
  store = await openStore(
    { path: join(folder, 'd.db'), keyFile: join(folder, 'd.key'), backupDirectory: join(folder, 'b') },
    silentLogger,
  );
  registrar = await createRegistrar(
    {
      domains: [DOMAIN, 'example.org'],
      realm: DOMAIN,
      algorithms: ['SHA-256', 'MD5'],
      limits: { minExpires: 1, maxExpires: 3600, defaultExpires: 600, maxContacts: 3 },
      passSeconds: 300,
    },
    { store, secret: 'same in each run', passSecret: 'this one too', logger: silentLogger, now: () => now },
  );
};

const shut = async (): Promise<void> => {
  await registrar.close();
  await store.close();
};

const addUser = async (name: string): Promise<void> => {
  await store.users.add({
    id: name,
    name,
    display: null,
    realm: DOMAIN,
    ha1_md5: hashedA1('MD5', name, DOMAIN, PASSWORD),
    ha1_sha256: hashedA1('SHA-256', name, DOMAIN, PASSWORD),
    ha1_sha512_256: hashedA1('SHA-512-256', name, DOMAIN, PASSWORD),
    disabled: 0,
    created_at: now,
    role: 'agent',
    ready: 1,
  });
};

beforeEach(async () => {
  now = Date.now();
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-registrar-'));
  await open();
  await addUser('alice');
});
afterEach(async () => {
  await shut();
  await rm(folder, { recursive: true, force: true });
});

let sequence = 0;

const message = (name: string, headers: Readonly<Record<string, string>>): IncomingRegister => {
  sequence += 1;
  const all: Readonly<Record<string, string>> = {
    Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
    To: `<sip:${name}@${DOMAIN}>`,
    'Call-ID': 'device',
    CSeq: `${sequence} REGISTER`,
    Contact: `<sip:${name}@192.0.2.1:5060>`,
    ...headers,
  };
  return {
    uri: `sip:${DOMAIN}`,
    peer: { protocol: 'udp', address: '192.0.2.1', port: 5060 },
    body: '',
    header: (header) => all[header],
  };
};

const challengesOf = ({ headers }: RegisterResponse): readonly string[] =>
  [headers['WWW-Authenticate'] ?? []].flat();

const register = async (
  name = 'alice',
  headers: Readonly<Record<string, string>> = {},
  changes: Partial<IncomingRegister> = {},
): Promise<RegisterResponse> => {
  const first = await registrar.register({ ...message(name, headers), ...changes });
  const client = createDigestClient({ username: name, password: PASSWORD });
  const credentials = client.answer(challengesOf(first), { method: 'REGISTER', uri: `sip:${DOMAIN}` });
  if (credentials === undefined) throw new Error(`no challenge but ${first.status}`);
  return registrar.register({ ...message(name, { ...headers, Authorization: credentials }), ...changes });
};

const contactOf = (response: RegisterResponse): string => String(response.headers['Contact'] ?? '');

describe('the registrar', () => {
  it('tells who listens when a user comes and goes', async () => {
    const seen: string[] = [];
    registrar.onPresence((user, available) => seen.push(`${user} ${available}`));
    await register();
    await register();
    expect(registrar.counts).toEqual({ users: 1, contacts: 1 });
    await register('alice', { Expires: '0' });
    expect(seen).toEqual(['alice true', 'alice false']);
    expect(registrar.counts).toEqual({ users: 0, contacts: 0 });
  });

  it('asks browsers for MD5 alone, whose libraries fail at anything else', async () => {
    const ask = (protocol: string) => {
      const peer = { protocol, address: '192.0.2.1', port: 40_000 };
      return registrar.register({ ...message('alice', {}), peer });
    };
    for (const protocol of ['ws', 'wss']) {
      const challenges = challengesOf(await ask(protocol));
      expect(challenges).toHaveLength(1);
      expect(challenges[0]).toContain('algorithm=MD5');
    }
    expect(challengesOf(await ask('tls'))).toHaveLength(2);
  });

  it('finds a user by name, by address of each domain, and by GRUU', async () => {
    const contact = '<sip:alice@192.0.2.1>;+sip.instance="<urn:uuid:1>"';
    const ok = await register('alice', { Contact: contact, Supported: 'gruu' });
    const [, pub = ''] = /pub-gruu="([^"]+)"/.exec(contactOf(ok)) ?? [];
    const [, temp = ''] = /temp-gruu="([^"]+)"/.exec(contactOf(ok)) ?? [];
    for (const name of ['alice', 'sip:alice@example.com', 'sips:alice@EXAMPLE.org', pub, temp])
      expect(await registrar.reach(name), name).toMatchObject({
        type: 'reachable',
        targets: [{ uri: 'sip:alice@192.0.2.1' }],
      });
    for (const name of ['bob', 'sip:alice@elsewhere.example', 'sip:tgruu.x.y@example.com;gr'])
      expect((await registrar.reach(name)).type, name).toBe('unknown');
    expect((await registrar.reach('sip:alice@example.com;gr=urn:uuid:2')).type).toBe('offline');
    await register('alice', { Contact: contact, 'Call-ID': 'another' });
    expect((await registrar.reach(temp)).type).toBe('unknown');
    expect((await registrar.reach(pub)).type).toBe('reachable');
  });

  it('keeps what it knows over a restart, temporary GRUUs too', async () => {
    const contact = '<sip:alice@192.0.2.1>;q=0.7;+sip.instance="<urn:uuid:1>"';
    const path = '<sip:edge.example;lr>';
    const headers = { Contact: contact, Supported: 'gruu, path', Path: path, 'User-Agent': 'Phone/2' };
    const temp = /temp-gruu="([^"]+)"/.exec(contactOf(await register('alice', headers)))?.[1] ?? '';
    const before = await registrar.reach('alice');
    await shut();
    await open();
    expect(await registrar.reach('alice')).toEqual(before);
    expect((await registrar.reach(temp)).type).toBe('reachable');
  });

  it('keeps nothing over a restart that ran out meanwhile, and no connection', async () => {
    await addUser('bob');
    await register('alice', { Expires: '60' });
    const ws = { peer: { protocol: 'ws', address: '192.0.2.1', port: 40_000 } };
    await register('bob', { Contact: '<sip:bob@x.invalid;transport=ws>' }, ws);
    await shut();
    now += 61_000;
    await open();
    expect((await registrar.reach('alice')).type).toBe('offline');
    expect((await registrar.reach('bob')).type).toBe('flow-lost');
    await register('bob', { Contact: '<sip:bob@y.invalid;transport=ws>' }, ws);
    expect(await registrar.reach('bob')).toMatchObject({
      targets: [{ uri: 'sip:bob@y.invalid;transport=ws' }],
    });
  });

  it('forgets a user that a command removes or takes out of service', async () => {
    await register();
    await store.users.update('alice', { disabled: 1 });
    expect((await registrar.reach('alice')).type).toBe('disabled');
    expect((await register()).status).toBe(403);
    await store.users.update('alice', { disabled: 0 });
    expect((await register()).status).toBe(200);
    await store.users.remove('alice');
    expect((await registrar.reach('alice')).type).toBe('unknown');
  });

  it('takes no password that was set for another realm', async () => {
    await store.users.update('alice', { realm: 'old.example' });
    expect((await register()).status).toBe(403);
  });

  it('goes on while the database is held, and writes when it is free', async () => {
    store.setBusyTimeout(0);
    const other = new Sqlite(join(folder, 'd.db'));
    other.exec('BEGIN IMMEDIATE');
    try {
      expect((await register()).status).toBe(200);
      expect((await registrar.reach('alice')).type).toBe('reachable');
    } finally {
      other.exec('COMMIT');
      other.close();
    }
    await until('the row', async () => (await store.users.get('alice', now))?.contacts.length === 1);
  });

  it.each([
    ['another domain', { To: '<sip:alice@elsewhere.example>' }, 404],
    ['an address without user', { To: `<sip:${DOMAIN}>` }, 404],
    ['no address', { To: 'nonsense' }, 404],
    ['an extension that it lacks', { Require: 'path, teleport' }, 420],
  ])('refuses %s before it asks for a password', async (_name, headers, status) => {
    expect((await registrar.register(message('alice', headers))).status).toBe(status);
  });

  it('lets nobody register phones for others', async () => {
    await addUser('bob');
    expect((await register('alice', { To: `<sip:bob@${DOMAIN}>` })).status).toBe(403);
    expect((await registrar.reach('bob')).type).toBe('offline');
  });

  it('knows its phones by where they are', async () => {
    const peer = { protocol: 'udp', address: '192.0.2.1', port: 5060 };
    expect(registrar.isRegistered(peer)).toBe(false);
    await register();
    expect(registrar.isRegistered(peer)).toBe(true);
    expect(registrar.isRegistered({ ...peer, port: 5061 })).toBe(false);
    expect(registrar.isRegistered({ ...peer, address: '192.0.2.2' })).toBe(false);
  });
});
