import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import {
  createDigestClient,
  createRegistrar,
  hashedA1,
  type RegisterResponse,
  type Registrar,
} from '../../../src/sip/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { until } from '../../support/wait.ts';

/** What a page in a browser registers and calls with. */

const DOMAIN = 'example.com';
const URI = `sip:${DOMAIN}`;
const PEER = { protocol: 'ws', address: '192.0.2.1', port: 40_000 } as const;

let folder: string;
let store: Store;
let registrar: Registrar;
let now = Date.now();
let sequence = 0;

type Account = { readonly username: string; readonly password: string };

beforeEach(async () => {
  now = Date.now();
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-passes-'));
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
      passSeconds: 60,
    },
    { store, secret: 'gruus', passSecret: 'passes', logger: silentLogger, now: () => now },
  );
  for (const name of ['alice', 'bob'])
    await store.users.add({
      id: name,
      name,
      display: null,
      realm: DOMAIN,
      ha1_md5: hashedA1('MD5', name, DOMAIN, 'secret'),
      ha1_sha256: hashedA1('SHA-256', name, DOMAIN, 'secret'),
      ha1_sha512_256: hashedA1('SHA-512-256', name, DOMAIN, 'secret'),
      disabled: 0,
      created_at: now,
      role: 'agent',
      ready: 1,
    });
});
afterEach(async () => {
  await registrar.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const register = async (account: Account, to = 'alice'): Promise<RegisterResponse> => {
  const send = (credentials?: string): Promise<RegisterResponse> => {
    sequence += 1;
    const headers: Readonly<Record<string, string | undefined>> = {
      Via: 'SIP/2.0/WS x.invalid;branch=z9hG4bK1',
      To: `<sip:${to}@${DOMAIN}>`,
      'Call-ID': 'page',
      CSeq: `${sequence} REGISTER`,
      Contact: `<sip:page@x.invalid;transport=ws>`,
      Authorization: credentials,
    };
    return registrar.register({ uri: URI, peer: PEER, body: '', header: (name) => headers[name] });
  };
  const challenge = [(await send()).headers['WWW-Authenticate'] ?? []].flat();
  return send(createDigestClient(account).answer(challenge, { method: 'REGISTER', uri: URI }));
};

const invite = async (account: Account, from = 'alice', changed = false) => {
  const uri = `sip:bob@${DOMAIN}`;
  const request = {
    method: 'INVITE',
    uri,
    body: 'v=0',
    peer: PEER,
    from: `<sip:${from}@${DOMAIN}>;tag=1`,
  };
  const first = await registrar.verifyUser({ ...request, credentials: undefined });
  if (first.type !== 'challenge') throw new Error(first.type);
  const body = changed ? 'v=1' : request.body;
  const credentials = createDigestClient(account).answer(first.headers, { method: 'INVITE', uri, body });
  return registrar.verifyUser({ ...request, credentials });
};

const passOf = async (name: string): Promise<Account & { readonly expiresAt: number }> => {
  const user = await store.users.find(name);
  if (!user) throw new Error(`no user ${name}`);
  return registrar.makePass(user);
};

const PASSWORD: Account = { username: 'alice', password: 'secret' };

describe('a pass', () => {
  it('registers its user, and no other', async () => {
    expect((await register(await passOf('alice'))).status).toBe(200);
    expect(registrar.presence()).toEqual([{ name: 'alice', available: true }]);
    expect((await register(await passOf('bob'))).status).toBe(403);
    expect(
      (await register({ ...(await passOf('bob')), username: '1900000000.nobody' }, 'nobody')).status,
    ).toBe(403);
  });

  it('says that it is over when it is, and only to who had it', async () => {
    const pass = await passOf('alice');
    now = pass.expiresAt - 1;
    expect((await register(pass)).status).toBe(200);
    now = pass.expiresAt;
    expect(await register(pass)).toMatchObject({ status: 403, reason: 'Credentials Expired' });
    expect(await invite(pass)).toEqual({ type: 'refused', reason: 'Credentials Expired' });
    const forged = { ...pass, password: (await passOf('bob')).password };
    expect(await register(forged)).toMatchObject({ status: 403, reason: 'Forbidden' });
  });

  it('can not be made to last', async () => {
    const { username, password } = await passOf('alice');
    const [seconds, name] = username.split('.');
    const longer = { username: `${Number(seconds) + 3600}.${name}`, password };
    expect((await register(longer)).status).toBe(403);
  });

  it('ends with the password that its user had', async () => {
    const pass = await passOf('alice');
    expect((await register(pass)).status).toBe(200);
    await store.users.update('alice', { ha1_sha256: hashedA1('SHA-256', 'alice', DOMAIN, 'another') });
    expect((await register(pass)).status).toBe(403);
    expect(await invite(pass)).toMatchObject({ type: 'refused' });
    expect((await register(await passOf('alice'))).status).toBe(200);
  });

  it("lets its user call, as does the password, and in nobody else's name", async () => {
    for (const account of [await passOf('alice'), PASSWORD]) {
      expect(await invite(account)).toMatchObject({ type: 'accepted', user: { name: 'alice' } });
      expect(await invite(account, 'bob')).toMatchObject({ type: 'refused' });
    }
    expect(await invite({ ...PASSWORD, password: 'wrong' })).toMatchObject({ type: 'refused' });
  });
});

describe('a user', () => {
  it('who is disabled is refused at once and loses its phones', async () => {
    const pass = await passOf('alice');
    await register(pass);
    await store.users.update('alice', { disabled: 1 });
    expect((await register(pass)).status).toBe(403);
    expect(await invite(pass)).toMatchObject({ type: 'refused' });
    expect(await registrar.reach('alice')).toEqual({ type: 'disabled' });
    await until('the registration is dropped', () => registrar.counts.users === 0);
  });

  it('who is not ready is away, and registered all the same', async () => {
    await register(PASSWORD);
    await store.users.update('alice', { ready: 0 });
    expect(await registrar.reach('alice')).toEqual({ type: 'away' });
    expect(registrar.presence()).toEqual([{ name: 'alice', available: true }]);
    await store.users.update('alice', { ready: 1 });
    expect(await registrar.reach('alice')).toMatchObject({ type: 'reachable' });
  });
});
