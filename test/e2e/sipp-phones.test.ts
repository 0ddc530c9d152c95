import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashedA1 } from '../../src/sip/index.ts';
import { runSipp } from '../support/sipp.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { until } from '../support/wait.ts';

/** SIPp as two hundred phones: its own digest, over UDP and over one TCP connection, each registering and refreshing. */

const DOMAIN = 'phones.example';
const USERS = 200;
const HOME = '127.0.0.30';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ registrar: { domains: [DOMAIN] } });
  const database = new Database(join(stage.gateway.directory, 'data/dialtrace.db'), { timeout: 5000 });
  const insert = database.prepare(
    'INSERT INTO user (id, name, realm, ha1_md5, ha1_sha256, ha1_sha512_256, disabled, created_at) VALUES (?, ?, ?, ?, ?, ?, 0, 0)',
  );
  database.transaction(() => {
    for (let index = 0; index < USERS; index += 1) {
      const name = `user${index}`;
      const hash = (algorithm: 'MD5' | 'SHA-256' | 'SHA-512-256') =>
        hashedA1(algorithm, name, DOMAIN, `secret${index}`);
      insert.run(`id${index}`, name, DOMAIN, hash('MD5'), hash('SHA-256'), hash('SHA-512-256'));
    }
  })();
  database.close();
});
afterAll(() => stage?.close());

const register = (cseq: number, credentials: string): string =>
  [
    '<send retrans="500"><![CDATA[',
    `REGISTER sip:${DOMAIN} SIP/2.0`,
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
    `From: <sip:[field0]@${DOMAIN}>;tag=[pid]SIPpTag00[call_number]`,
    `To: <sip:[field0]@${DOMAIN}>`,
    'Call-ID: [call_id]',
    `CSeq: ${cseq} REGISTER`,
    'Contact: sip:[field0]@[local_ip]:[local_port];transport=[transport]',
    'Expires: 120',
    'User-Agent: SIPp phone',
    ...(credentials === '' ? [] : [credentials]),
    'Content-Length: 0',
    '',
    ']]></send>',
  ].join('\n');

const received = (status: number): string =>
  `<recv response="100" optional="true"/><recv response="${status}"${status === 401 ? ' auth="true"' : ''}/>`;

const SCENARIO = [
  '<?xml version="1.0" encoding="ISO-8859-1" ?>',
  '<!DOCTYPE scenario SYSTEM "sipp.dtd">',
  '<scenario name="phones">',
  register(1, ''),
  received(401),
  register(2, '[field1]'),
  received(200),
  '<pause milliseconds="500"/>',
  // The refresh of a phone that asks to be asked again.
  register(3, ''),
  received(401),
  register(4, '[field1]'),
  received(200),
  '</scenario>',
].join('\n');

const ACCOUNTS = Buffer.from(
  [
    'SEQUENTIAL',
    ...Array.from(
      { length: USERS },
      (_, index) => `user${index};[authentication username=user${index} password=secret${index}]`,
    ),
    '',
  ].join('\n'),
);

type Count = { readonly users: number; readonly refreshed: number };

test.each(['udp', 'tcp'] as const)('over %s', { timeout: 90_000 }, async (transport) => {
  const result = await runSipp({
    scenario: SCENARIO,
    at: { address: HOME, port: stage.gateway.spare.take() },
    remote: stage.gateway.sip,
    calls: USERS,
    // An address that has not shown a right password yet may send a hundred messages a second.
    rate: 40,
    transport,
    files: { 'accounts.csv': ACCOUNTS },
    extra: ['-inf', 'accounts.csv'],
  });
  expect(result.errors).toBe('');
  expect(result).toMatchObject({ code: 0, successful: USERS, failed: 0 });
  // Written behind the answers.
  await until('the database has them', () => {
    const [count] = stage.gateway.records.query<Count>(
      'SELECT count(DISTINCT user_id) AS users, sum(refreshed_at > since) AS refreshed FROM registration WHERE protocol = ?',
      transport,
    );
    return count?.users === USERS && count.refreshed === USERS;
  });
});
