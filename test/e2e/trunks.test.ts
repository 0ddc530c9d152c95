import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findTone } from '../support/audio.ts';
import { type Account, authorization, parameterOf, proves } from '../support/digest.ts';
import type { RtpPeer } from '../support/rtp-peer.ts';
import { header, hostPort, need, type SipMessage, userOf } from '../support/sip-message.ts';
import { openSipPeer, type PeerCall, type SipPeer } from '../support/sip-peer.ts';
import { CALLER, CARRIER, DID, LINE, openStage, STRANGER, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Trunks that prove themselves by digest, and lines that are dialled through a trunk. */

const BRANCH: Account = { username: 'branch', password: 'correct horse "battery" staple' };
const REALM = 'pbx.branch.example';
const BOTH: Account = { username: 'both', password: 'second proof' };
const BOTH_REALM = 'both.example';
const BOTH_ADDRESS = '127.0.0.8';
const OUT: Account = { username: '4711', password: 'out:secret' };

const TO_DESK = '+493023125021';
const TO_PLAIN = '+493023125022';
const TO_NOBODY = '+493023125023';
const DESK = '+493023125444';

let stage: Stage;
let stranger: SipPeer;
beforeAll(async () => {
  stage = await openStage({
    trunks: [
      { id: 'carrier', sources: [CARRIER], region: 'DE' },
      { id: 'branch', digest: { realm: REALM, ...BRANCH }, region: 'DE' },
      { id: 'both', sources: [BOTH_ADDRESS], digest: { realm: BOTH_REALM, ...BOTH }, region: 'DE' },
    ],
    extend: ({ first, second }) => ({
      trunks: [
        {
          id: 'out',
          region: 'DE',
          gateway: `sip:${hostPort(second)}`,
          auth: OUT,
          codecs: ['PCMA'],
          callerId: 'tracking-number',
          diversion: false,
        },
        { id: 'plain', region: 'DE', gateway: `sip:${hostPort(first)}`, nat: true },
        { id: 'dead', region: 'DE', gateway: 'sip:127.0.0.3:9' },
      ],
      lines: [
        { id: 'desk', type: 'trunk', trunk: 'out', number: '030 23125444', ringTimeoutSeconds: 10 },
        { id: 'plain', type: 'trunk', trunk: 'plain', number: DESK, ringTimeoutSeconds: 10 },
        { id: 'dead', type: 'trunk', trunk: 'dead', number: DESK, ringTimeoutSeconds: 1 },
      ],
      numbers: [
        { number: TO_DESK, source: 'summer-ads', lines: ['desk'] },
        { number: TO_PLAIN, source: 'summer-ads', lines: ['plain'] },
        { number: TO_NOBODY, source: 'summer-ads', lines: ['dead'] },
      ],
    }),
  });
});
beforeEach(async () => {
  stranger = await openSipPeer({ address: STRANGER });
});
afterEach(() => stranger?.close());
afterAll(() => stage?.close());

const uri = (): string => `sip:${DID.first}@${hostPort(stage.gateway.sip)}`;
const fromBranch = `<sip:${CALLER}@${REALM}>`;

describe('a trunk known by its credentials', () => {
  const invite = async (from: string, credentials?: string, by = stranger): Promise<PeerCall> =>
    by.invite({
      to: stage.gateway.sip,
      did: DID.first,
      from,
      media: await stage.phone(by.address),
      headers: credentials === undefined ? [] : [['Authorization', credentials]],
    });

  const challenged = async (from = fromBranch, by = stranger): Promise<string> => {
    const final = await (await invite(from, undefined, by)).final();
    expect(statusOf(final)).toBe(401);
    return need(final, 'www-authenticate');
  };

  test('is challenged, and bridged with the right credentials', async () => {
    const records = stage.gateway.records.calls().length;
    const challenge = await challenged();
    expect(parameterOf(challenge, 'realm')).toBe(REALM);
    expect(parameterOf(challenge, 'qop')).toBe('auth');
    // A challenge is no call.
    expect(stage.gateway.records.calls()).toHaveLength(records);
    const answered = await stage.answered({
      through: stranger,
      from: fromBranch,
      nearPhone: { address: STRANGER },
      headers: [['Authorization', authorization(challenge, BRANCH, 'INVITE', uri())]],
    });
    const row = await stage.finish(answered, { talkMs: 800 });
    expect(row.call).toMatchObject({
      status: 'answered',
      trunk_id: 'branch',
      is_test: 0,
      hangup_by: 'caller',
      source_id: 'summer-ads',
    });
    expect(findTone(answered.far.audio(), 400).seconds).toBeGreaterThan(0.5);
    expect(findTone(answered.near.audio(), 700).seconds).toBeGreaterThan(0.5);
    expect(userOf(need(answered.line.invite, 'from'))).toBe(CALLER);
    expect(header(answered.line.invite, 'authorization')).toBeUndefined();
  });

  test.each([
    ['a wrong password', { ...BRANCH, password: 'guess' }],
    ['a wrong user', { ...BRANCH, username: 'root' }],
    ["another trunk's account", BOTH],
  ])('is refused 403 with %s, with no second challenge, and nothing is dialled', async (_, account) => {
    let rang = false;
    stage.first.onCall(() => {
      rang = true;
    });
    const records = stage.gateway.records.calls().length;
    const credentials = authorization(await challenged(), account, 'INVITE', uri());
    const final = await (await invite(fromBranch, credentials)).final();
    expect(statusOf(final)).toBe(403);
    expect(header(final, 'www-authenticate')).toBeUndefined();
    expect(rang).toBe(false);
    expect(stage.gateway.records.calls()).toHaveLength(records);
    await until('the warning in the log', () => stage.gateway.log().includes('wrong credentials'));
    expect(stage.gateway.log()).not.toContain(BRANCH.password);
  });

  test('credentials that were used once are worth nothing to who overheard them', async () => {
    const credentials = authorization(await challenged(), BRANCH, 'INVITE', uri());
    stage.first.onCall((call) => call.respond(486, 'Busy Here'));
    expect(statusOf(await (await invite(fromBranch, credentials)).final())).toBe(486);
    const again = await (await invite(fromBranch, credentials)).final();
    expect(statusOf(again)).toBe(401);
    expect(need(again, 'www-authenticate')).toContain('stale=true');
  });

  test('credentials under a nonce of his own are challenged anew', async () => {
    const own = `Digest realm="${REALM}", nonce="mine-0", algorithm=MD5, qop="auth"`;
    const final = await (await invite(fromBranch, authorization(own, BRANCH, 'INVITE', uri()))).final();
    expect(statusOf(final)).toBe(401);
  });

  test.each([
    ['no realm', `<sip:${CALLER}@carrier.example>`],
    ['a part of the realm', `<sip:${CALLER}@branch.example>`],
    ['the realm as user', `<sip:${REALM}@carrier.example>`],
    ['the realm of a trunk with addresses', `<sip:${CALLER}@${BOTH_REALM}>`],
  ])('a stranger who names %s gets silence', async (_, from) => {
    const call = await invite(from);
    await sleep(700);
    expect(call.responses).toEqual([]);
    expect(stranger.received).toEqual([]);
  });

  test('with addresses as well: both are needed', async () => {
    const there = await openSipPeer({ address: BOTH_ADDRESS });
    try {
      const from = `<sip:${CALLER}@anything.example>`;
      const challenge = await challenged(from, there);
      expect(parameterOf(challenge, 'realm')).toBe(BOTH_REALM);
      const wrong = authorization(challenge, BRANCH, 'INVITE', uri());
      expect(statusOf(await (await invite(from, wrong, there)).final())).toBe(403);
      const row = await stage.finish(
        await stage.answered({
          through: there,
          from,
          nearPhone: { address: BOTH_ADDRESS },
          headers: [['Authorization', authorization(await challenged(from, there), BOTH, 'INVITE', uri())]],
        }),
        { talkMs: 100 },
      );
      expect(row.call).toMatchObject({ status: 'answered', trunk_id: 'both' });
    } finally {
      await there.close();
    }
  });
});

describe('a line behind a trunk', () => {
  /** Lets a request pass when it proves the account, and challenges it otherwise; tells what passed. */
  const guard = (line: PeerCall, far: RtpPeer, code: 401 | 407): SipMessage[] => {
    const passed: SipMessage[] = [];
    const [ask, reply] =
      code === 401 ? ['WWW-Authenticate', 'authorization'] : ['Proxy-Authenticate', 'proxy-authorization'];
    let nonces = 0;
    const challenge = () => {
      nonces += 1;
      const value = `Digest realm="out.example", nonce="n0nce${nonces}", algorithm=MD5, qop="auth"`;
      return { headers: [[ask, value]] as const };
    };
    line.media = far;
    line.respond(code, 'Prove It', challenge());
    line.onRequest((request, answer) => {
      const { method } = request;
      if (method !== 'INVITE' && method !== 'BYE') return false;
      const credentials = header(request, reply);
      if (!proves(credentials, OUT, method) || parameterOf(credentials ?? '', 'nonce') !== `n0nce${nonces}`) {
        answer(code, 'Prove It', challenge());
        return true;
      }
      passed.push(request);
      if (method === 'BYE') return false;
      far.follow(request.body);
      answer(200, 'OK', { sdp: far.sdp() });
      far.start();
      return true;
    });
    return passed;
  };

  test.each([401, 407] as const)('proves itself to INVITE and BYE when challenged with %i', async (code) => {
    const near = await stage.phone(CARRIER, { frequency: 400, law: 'PCMU' });
    const far = await stage.phone(LINE, { frequency: 700, law: 'PCMA' });
    const arriving = stage.nextCall(stage.second);
    const call = stage.dial({ did: TO_DESK, media: near });
    const line = await arriving;
    const passed = guard(line, far, code);
    expect(statusOf(await call.final())).toBe(200);
    near.start();
    const row = await stage.finish({ call, line, near, far }, { talkMs: 800 });
    // The record doesn't wait for the BYE that is sent again with credentials.
    await until('the BYE', () => passed.length > 1);

    expect(passed.map(({ method }) => method)).toEqual(['INVITE', 'BYE']);
    for (const request of passed) {
      const credentials = header(request, code === 401 ? 'authorization' : 'proxy-authorization') ?? '';
      expect(parameterOf(credentials, 'uri')).toBe(request.uri);
    }
    const [invite] = passed;
    if (!invite) throw new Error('unreachable');
    expect(invite.uri).toBe(`sip:${DESK}@${hostPort(stage.second)}`);
    expect(userOf(need(invite, 'from'))).toBe(TO_DESK);
    expect(userOf(need(invite, 'p-asserted-identity'))).toBe(TO_DESK);
    expect(invite.headers.map(([, value]) => value).join()).not.toContain(CALLER);
    expect(header(invite, 'diversion')).toBeUndefined();
    expect(invite.body).toMatch(/m=audio \d+ RTP\/AVP 8 101\r\n/);

    expect(row.call).toMatchObject({ status: 'answered', line_id: 'desk', q850_cause: 16 });
    expect(row.legs.map((leg) => [leg.trunk_id, leg.codec, leg.outcome])).toEqual([
      ['carrier', 'PCMU', 'answered'],
      ['out', 'PCMA', 'answered'],
    ]);
    expect(findTone(far.audio(), 400).seconds).toBeGreaterThan(0.5);
    expect(findTone(near.audio(), 700).seconds).toBeGreaterThan(0.5);
  });

  test('that never believes us counts as rejected, after one try', async () => {
    const invites: SipMessage[] = [];
    const challenge = {
      headers: [['Proxy-Authenticate', 'Digest realm="out.example", nonce="n", qop="auth"']],
    } as const;
    stage.second.onCall((line) => {
      invites.push(line.invite);
      line.onRequest((request, answer) => {
        if (request.method !== 'INVITE') return false;
        invites.push(request);
        answer(407, 'Prove It', challenge);
        return true;
      });
      line.respond(407, 'Prove It', challenge);
    });
    const call = stage.dial({ did: TO_DESK, media: await stage.phone(CARRIER) });
    expect(statusOf(await call.final())).toBe(603);
    const row = await stage.record(call);
    expect(row.call).toMatchObject({ status: 'rejected', hangup_by: 'line' });
    expect(row.legs[1]).toMatchObject({ outcome: 'rejected', sip_code: 407, trunk_id: 'out' });
    expect(invites).toHaveLength(2);
  });

  test('shows the caller by default, and behind NAT is heard from where its audio comes', async () => {
    const near = await stage.phone(CARRIER, { frequency: 400 });
    const far = await stage.phone(LINE, { frequency: 700 });
    const arriving = stage.nextCall();
    const call = stage.dial({ did: TO_PLAIN, media: near });
    const line = await arriving;
    far.follow(line.invite.body);
    line.respond(200, 'OK', { sdp: far.sdp().replace(/c=IN IP4 \S+/, 'c=IN IP4 192.0.2.77') });
    expect(statusOf(await call.final())).toBe(200);
    near.start();
    far.start();
    const row = await stage.finish({ call, line, near, far }, { talkMs: 800 });
    expect(line.invite.uri).toBe(`sip:${DESK}@${hostPort(stage.first)}`);
    expect(userOf(need(line.invite, 'from'))).toBe(CALLER);
    expect(userOf(need(line.invite, 'diversion'))).toBe(TO_PLAIN);
    expect(findTone(far.audio(), 400).seconds).toBeGreaterThan(0.5);
    expect(findTone(near.audio(), 700).seconds).toBeGreaterThan(0.5);
    expect(row.legs[1]).toMatchObject({ trunk_id: 'plain', stranger_packets: 0 });
  });

  test('whose trunk is dead counts as unreachable', async () => {
    const call = stage.dial({ did: TO_NOBODY, media: await stage.phone(CARRIER) });
    expect(statusOf(await call.final())).toBe(480);
    const row = await stage.record(call);
    expect(row.call.status).toBe('unreachable');
    expect(row.events.find((event) => event.type === 'dialling')?.text).toContain('through trunk dead');
  });
});
