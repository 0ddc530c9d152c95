import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore } from '../../../src/store/index.ts';
import { CONFIG, makePlace, type Place } from './run-cli.ts';

let place: Place;
beforeAll(async () => {
  place = await makePlace(`${CONFIG}\nregistrar: { domains: [Sip.Example.com] }\n`);
});
afterAll(() => place.remove());

const storeOf = (at: Place) =>
  openStore(
    {
      path: at.path('data/dialtrace.db'),
      keyFile: at.path('data/dialtrace.key'),
      backupDirectory: at.path('data/backups'),
    },
    silentLogger,
  );

it('says that there are none yet, and adds one with a password of its own', async () => {
  expect((await place.run('apply', '--yes')).code).toBe(0);
  expect((await place.run('user', 'list')).stdout).toContain('There are no users yet');
  const added = await place.run('user', 'add', 'alice', '--display', 'Alice, desk', '--generate');
  expect(added.code).toBe(0);
  expect(added.stdout).toMatch(/Address\s+sip:alice@sip\.example\.com/);
  const password = /Password\s+([A-Za-z0-9]{20})/.exec(added.stdout)?.[1] ?? '';
  expect(password).not.toBe('');
  const store = await storeOf(place);
  try {
    const user = await store.users.find('alice');
    const text = `alice:sip.example.com:${password}`;
    expect(user).toMatchObject({
      display: 'Alice, desk',
      realm: 'sip.example.com',
      disabled: 0,
      ha1_md5: createHash('md5').update(text).digest('hex'),
      ha1_sha256: createHash('sha256').update(text).digest('hex'),
      ha1_sha512_256: createHash('sha512-256').update(text).digest('hex'),
    });
    expect(JSON.stringify(user)).not.toContain(password);
  } finally {
    await store.close();
  }
});

it('takes a password from a file, and shows what changed', async () => {
  await place.write('secret.txt', 'tell nobody\n');
  const added = await place.run('user', 'add', 'bob', '--password-file', 'secret.txt', '--json');
  expect(JSON.parse(added.stdout)).toEqual({ name: 'bob', address: 'sip:bob@sip.example.com' });
  expect((await place.run('user', 'set', 'bob', '--enabled', 'no')).code).toBe(0);
  expect((await place.run('user', 'list')).stdout).toMatch(/bob\s+–\s+agent\s+disabled/);
  expect((await place.run('user', 'set', 'bob', '--enabled', 'yes', '--display', 'Bob')).code).toBe(0);
  const before = JSON.parse((await place.run('user', 'show', 'bob', '--json')).stdout);
  expect(before).toMatchObject({
    name: 'bob',
    display: 'Bob',
    disabled: false,
    available: false,
    contacts: [],
  });
  expect(JSON.stringify(before)).not.toContain('ha1');
  const changed = await place.run('user', 'password', 'bob', '--generate', '--json');
  expect(JSON.parse(changed.stdout).password).toHaveLength(20);
  expect((await place.run('user', 'show', 'bob')).stdout).toMatch(/Realm\s+sip\.example\.com/);
  expect((await place.run('user', 'remove', 'bob')).stdout).toBe('Removed bob.\n');
});

it.each([
  [['add', 'alice', '--generate'], 'There is a user alice already'],
  [['add', 'a b', '--generate'], 'is no name for a user'],
  [['add', 'carol'], 'Give either --password-file FILE or --generate'],
  [['add', 'carol', '--password-file', 'nowhere.txt'], "can't be read"],
  [['show', 'carol'], 'There is no user carol'],
  [['remove', 'carol'], 'There is no user carol'],
  [['password', 'carol', '--generate'], 'There is no user carol'],
  [['set', 'carol', '--enabled', 'no'], 'There is no user carol'],
  [['set', 'alice'], 'Name what is to change'],
])('refuses %j with one sentence', async (words, sentence) => {
  const { code, stderr } = await place.run('user', ...words);
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
});

it('knows a line that is a user', async () => {
  expect((await place.run('line', 'add', 'alice', '--user', 'alice', '--ring-timeout', '25')).code).toBe(0);
  expect((await place.run('line', 'list')).stdout).toMatch(/alice\s+–\s+user\s+the phones of alice\s+25 s/);
  expect((await place.run('export')).stdout).toContain('user: alice');
  expect((await place.run('line', 'add', 'wrong', '--user', 'a@b')).stderr).toContain(
    'use the name of a user',
  );
});

it('asks for a registrar first, and says when a password is of another realm', async () => {
  const bare = await makePlace();
  try {
    const { code, stderr } = await bare.run('user', 'add', 'alice', '--generate');
    expect(code).toBe(2);
    expect(stderr).toContain('There is no registrar yet');
  } finally {
    await bare.remove();
  }
  await place.write('config/dialtrace.yaml', `${CONFIG}\nregistrar: { domains: [new.example.com] }\n`);
  expect((await place.run('user', 'list')).stdout).toMatch(/alice.*new password needed/);
});

it.each([
  ['line\u0007bell\n', 'control characters'],
  ['one\ntwo\n', 'holds no password'],
  ['', 'holds no password'],
  [Buffer.from([0x70, 0xff, 0x0a]), 'no UTF-8 text'],
])('refuses the password %j', async (bytes, words) => {
  writeFileSync(place.path('wrong.txt'), bytes);
  const refused = await place.run('user', 'add', 'wrong', '--password-file', place.path('wrong.txt'));
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(words);
});

it('reads a password from standard input, and takes one line as name for people', async () => {
  const child = place.spawn('user', 'add', 'piped', '--password-file', '-');
  child.stdin?.end('from a pipe\n');
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  const refused = await place.run('user', 'set', 'piped', '--display', 'two\nlines');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('one line of up to 200 characters');
});
