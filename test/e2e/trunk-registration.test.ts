import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { header, hostPort, need, type SipMessage, userOf } from '../support/sip-message.ts';
import { openSipPeer, type SipPeer } from '../support/sip-peer.ts';
import { DID, openStage, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Trunks that register at their carrier. */

const ACCOUNT = { username: 'ac/count', password: 'pass:word' };
const REALM = 'carrier.example';

const hash = (algorithm: 'MD5' | 'SHA-256', text: string): string =>
  createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex');

const parameter = (credentials: string, name: string): string =>
  new RegExp(`[ ,]${name}=(?:"([^"]*)"|([^,]*))`, 'i').exec(credentials)?.slice(1).find(Boolean) ?? '';

/** Whether a REGISTER carries the account's credentials (RFC 7616 3.4.1, qop=auth). */
const isProven = (request: SipMessage, algorithm: 'MD5' | 'SHA-256', nonce: string): boolean => {
  const given = header(request, 'authorization');
  if (given === undefined) return false;
  const get = (name: string): string => parameter(given, name);
  const secret = hash(algorithm, `${ACCOUNT.username}:${REALM}:${ACCOUNT.password}`);
  const target = hash(algorithm, `REGISTER:${request.uri}`);
  const expected = hash(algorithm, [secret, nonce, get('nc'), get('cnonce'), 'auth', target].join(':'));
  return get('username') === ACCOUNT.username && get('uri') === request.uri && get('response') === expected;
};

type Registrar = {
  readonly peer: SipPeer;
  /** Requests that were taken, in order. */
  readonly taken: readonly SipMessage[];
  /** Answers every REGISTER so, in place of registering; undefined: as a registrar does. */
  refuse: { status: number; reason: string; headers?: readonly (readonly [string, string])[] } | undefined;
};

/** A registrar that challenges each REGISTER and grants `seconds`. */
const openRegistrar = async (
  address: string,
  algorithm: 'MD5' | 'SHA-256',
  seconds: number,
): Promise<Registrar> => {
  const peer = await openSipPeer({ address, user: 'carrier' });
  const taken: SipMessage[] = [];
  const registrar: Registrar = { peer, taken, refuse: undefined };
  let nonces = 0;
  peer.onRequest((request, answer) => {
    if (request.method !== 'REGISTER') return false;
    const { refuse } = registrar;
    if (refuse) {
      answer(refuse.status, refuse.reason, { headers: refuse.headers ?? [] });
      return true;
    }
    if (!isProven(request, algorithm, `nonce${nonces}`)) {
      nonces += 1;
      const challenge = `Digest realm="${REALM}", nonce="nonce${nonces}", algorithm=${algorithm}, qop="auth"`;
      answer(401, 'Unauthorized', { headers: [['WWW-Authenticate', challenge]] });
      return true;
    }
    taken.push(request);
    const expires = header(request, 'expires') === '0' ? 0 : seconds;
    const contact = `${need(request, 'contact')};expires=${expires}`;
    answer(200, 'OK', { headers: expires === 0 ? [] : [['Contact', contact]] });
    return true;
  });
  return registrar;
};

type Trunk = {
  id: string;
  status: { registration: { state: string; server: string; lastError: string | null } };
};

const registrations = async (stage: Stage): Promise<Record<string, Trunk['status']['registration']>> => {
  const response = await fetch(`http://${hostPort(stage.gateway.http)}/v1/trunks`);
  const { trunks } = (await response.json()) as { trunks: readonly Trunk[] };
  return Object.fromEntries(trunks.map(({ id, status }) => [id, status.registration]));
};

const [MD5_AT, SHA_AT, SPARE_AT, STRICT_AT] = ['127.0.0.31', '127.0.0.32', '127.0.0.33', '127.0.0.34'];

let stage: Stage;
let md5: Registrar;
let sha: Registrar;
let spare: Registrar;
let strict: Registrar;
const open: SipPeer[] = [];

beforeAll(async () => {
  [md5, sha, spare, strict] = await Promise.all([
    openRegistrar(MD5_AT, 'MD5', 3),
    openRegistrar(SHA_AT, 'SHA-256', 600),
    openRegistrar(SPARE_AT, 'MD5', 600),
    openRegistrar(STRICT_AT, 'MD5', 600),
  ]);
  open.push(md5.peer, sha.peer, spare.peer, strict.peer);
  strict.refuse = { status: 403, reason: 'Forbidden' };
  const at = ({ peer }: Registrar): string => `sip:${hostPort(peer)}`;
  // Nothing listens there: the first server of `several` never answers.
  const gone = await openSipPeer({ address: '127.0.0.35' });
  await gone.close();
  const didFrom: ['to', 'request-uri'] = ['to', 'request-uri'];
  stage = await openStage({
    trunks: [
      { id: 'carrier', sources: ['127.0.0.2'], region: 'DE' },
      { id: 'md5', region: 'DE', didFrom, register: { server: at(md5), ...ACCOUNT, domain: REALM } },
      {
        id: 'sha',
        region: 'DE',
        didFrom,
        register: { server: at(sha), ...ACCOUNT, expires: 120, contactUser: '4930' },
      },
      { id: 'several', region: 'DE', register: { server: [`sip:${hostPort(gone)}`, at(spare)], ...ACCOUNT } },
      { id: 'denied', region: 'DE', register: { server: at(strict), ...ACCOUNT } },
    ],
  });
});
afterAll(async () => {
  await stage?.close();
  await Promise.all(open.map((peer) => peer.close()));
});

describe('a trunk that registers', () => {
  test('proves itself with MD5, and renews in time under one Call-ID', async () => {
    await until('two renewals', () => md5.taken.length >= 3);
    const [first, ...renewals] = md5.taken;
    if (!first) throw new Error('unreachable');
    expect(first.uri).toBe(`sip:${REALM}`);
    expect(need(first, 'to')).toBe(`<sip:ac/count@${REALM}>`);
    expect(need(first, 'contact')).toBe(`<sip:ac/count@${hostPort(stage.gateway.sip)}>`);
    expect(need(first, 'expires')).toBe('3600');
    expect(new Set(md5.taken.map((one) => need(one, 'call-id'))).size).toBe(1);
    const sequences = md5.taken.map((one) => Number.parseInt(need(one, 'cseq'), 10));
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
    expect(renewals.length).toBeGreaterThanOrEqual(2);
    expect((await registrations(stage))['md5']).toMatchObject({ state: 'registered', lastError: null });
  });

  test('proves itself with SHA-256', async () => {
    await until('the registration', () => sha.taken.length > 0);
    const [request] = sha.taken;
    if (!request) throw new Error('unreachable');
    expect(userOf(need(request, 'contact'))).toBe('4930');
    expect(need(request, 'expires')).toBe('120');
    expect(request.uri).toBe(`sip:${hostPort(sha.peer)}`);
  });

  test('asks the next server when one does not answer', async () => {
    await until('the registration at the second', () => spare.taken.length > 0, { timeoutMs: 15_000 });
    await until('its state', async () => (await registrations(stage))['several']?.state === 'registered');
    expect((await registrations(stage))['several']?.server).toBe(`sip:${hostPort(spare.peer)}`);
  });

  test('does not insist when it is refused', async () => {
    await until('the refusal', async () => (await registrations(stage))['denied']?.state === 'failed');
    const asked = strict.peer.received.length;
    await sleep(1500);
    expect(strict.peer.received).toHaveLength(asked);
    expect((await registrations(stage))['denied']).toMatchObject({ lastError: '403 Forbidden' });
    expect(stage.gateway.log()).not.toContain(ACCOUNT.password);
  });

  test('takes calls from the registrar, and from nobody else', async () => {
    const call = (by: SipPeer) =>
      by.invite({
        to: stage.gateway.sip,
        did: DID.first,
        uri: `sip:4930@${hostPort(stage.gateway.sip)}`,
        sdp: SDP,
      });
    stage.first.onCall((line) => line.respond(486, 'Busy Here'));
    const taken = call(sha.peer);
    expect(statusOf(await taken.final())).toBe(486);
    expect((await stage.record(taken)).call).toMatchObject({ trunk_id: 'sha', did: DID.first });
    const refused = call(strict.peer);
    await sleep(700);
    expect(refused.responses).toEqual([]);
  });

  test('is forgotten with its registration, and told so at the end', async () => {
    md5.refuse = { status: 503, reason: 'Service Unavailable' };
    await until(
      'the registration lapses',
      async () => (await registrations(stage))['md5']?.state === 'failed',
    );
    const call = md5.peer.invite({ to: stage.gateway.sip, did: DID.first, sdp: SDP });
    await sleep(700);
    expect(call.responses).toEqual([]);
    const metrics = await stage.gateway.metrics();
    expect(metrics.text).toContain('dialtrace_trunk_registered{trunk="md5"} 0\n');
    expect(metrics.text).toContain('dialtrace_trunk_registered{trunk="sha"} 1\n');
    await stage.gateway.stop();
    const last = sha.taken.at(-1);
    expect(last && need(last, 'expires')).toBe('0');
    expect(spare.taken.at(-1) && need(spare.taken.at(-1) as SipMessage, 'expires')).toBe('0');
  });
});

const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.32',
  's=-',
  'c=IN IP4 127.0.0.32',
  't=0 0',
  'm=audio 40000 RTP/AVP 8',
  '',
].join('\r\n');
