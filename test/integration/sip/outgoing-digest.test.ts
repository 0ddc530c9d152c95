import { afterEach, describe, expect, it } from 'vitest';
import { createDigestVerifier, type DialResult, startSipServer } from '../../../src/sip/index.ts';
import { header, type SipMessage } from '../../support/sip-message.ts';
import { openSipPeer, type PeerCall, type SipPeer } from '../../support/sip-peer.ts';
import type { Answer } from '../../support/sip-peer-types.ts';
import { until } from '../../support/wait.ts';

/** Calls to peers that ask for credentials, with algorithms that drachtio-srf itself does not know. */

const ACCOUNT = { username: '4711', password: 'out:secret "quoted"' };
const REALM = 'carrier, example';
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const startServer = async () => {
  const server = await startSipServer({
    server: { type: 'embedded', options: { listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }] } },
    onInvite: () => undefined,
    onOptions: () => undefined,
    onLost: () => undefined,
  });
  opened.push(server);
  return server;
};

type Server = Awaited<ReturnType<typeof startServer>>;

const dial = (server: Server, peer: SipPeer, password = ACCOUNT.password): Promise<DialResult> =>
  server.dial({
    uri: peer.uri('desk'),
    headers: {
      From: '<sip:caller@localhost>',
      Contact: '<sip:gw@localhost>',
      'Content-Type': 'application/sdp',
    },
    sdp: SDP,
    auth: { ...ACCOUNT, password },
    onProgress: () => undefined,
  }).result;

type Demand = {
  readonly challenge: 'Proxy-Authenticate' | 'WWW-Authenticate';
  readonly credentials: string;
  readonly status: 401 | 407;
};

const PROXY: Demand = { challenge: 'Proxy-Authenticate', credentials: 'proxy-authorization', status: 407 };
const SERVER: Demand = { challenge: 'WWW-Authenticate', credentials: 'authorization', status: 401 };

/** A peer that wants each demand met in turn, then answers. */
const openPeer = async (
  demands: readonly Demand[],
  options: Parameters<typeof createDigestVerifier>[0],
): Promise<{ peer: SipPeer; invites: SipMessage[] }> => {
  const peer = await openSipPeer({ address: '127.0.0.1', user: 'desk' });
  opened.push(peer);
  const verifiers = demands.map(() => createDigestVerifier(options));
  const invites: SipMessage[] = [];
  /** What a try gets: the next challenge, 403 or 200. */
  const judge = (invite: SipMessage): Parameters<Answer> => {
    invites.push(invite);
    for (const [at, demand] of demands.entries()) {
      const credentials = header(invite, demand.credentials);
      const request = { method: 'INVITE', uri: invite.uri ?? '', body: invite.body, credentials };
      const verdict = verifiers[at]?.verify(request, REALM, ACCOUNT);
      if (verdict?.type === 'challenge') {
        const headers = verdict.headers.map((line) => [demand.challenge, line] as const);
        return [demand.status, 'Prove It', { headers }];
      }
      if (verdict?.type !== 'accepted') return [403, 'Forbidden'];
    }
    return [200, 'OK', { sdp: SDP, headers: [['Contact', `<${peer.uri('desk')}>`]] }];
  };
  peer.onCall((call) => {
    call.onRequest((request, answer) => {
      if (request.method !== 'INVITE') return false;
      answer(...judge(request));
      return true;
    });
    call.respond(...judge(call.invite));
  });
  return { peer, invites };
};

describe('calls that are challenged', () => {
  it.each([
    ['MD5', ['MD5'] as const],
    ['SHA-256', ['SHA-256'] as const],
    ['SHA-512-256', ['SHA-512-256'] as const],
    ['the strongest of three', ['MD5', 'SHA-512-256', 'SHA-256'] as const],
  ])('are answered with %s', async (_name, algorithms) => {
    const { peer, invites } = await openPeer([SERVER], { algorithms });
    const result = await dial(await startServer(), peer);
    expect(result.type).toBe('answered');
    const [first, second] = invites;
    if (!first || !second) throw new Error('one INVITE only');
    for (const name of ['call-id', 'from', 'to']) expect(header(second, name)).toBe(header(first, name));
    const sequence = (message: SipMessage): number => Number.parseInt(header(message, 'cseq') ?? '', 10);
    expect(sequence(second)).toBe(sequence(first) + 1);
    expect(second.body).toBe(SDP);
    if (result.type === 'answered') await result.dialog.bye();
  });

  it('are answered to a proxy and to the server behind it', async () => {
    const { peer, invites } = await openPeer([PROXY, SERVER], { algorithms: ['SHA-256', 'MD5'] });
    expect((await dial(await startServer(), peer)).type).toBe('answered');
    expect(invites).toHaveLength(3);
    const [, , last] = invites;
    expect(last && header(last, 'proxy-authorization')).toBeDefined();
  });

  it('give up on a wrong password after one try', async () => {
    const { peer, invites } = await openPeer([SERVER], { algorithms: ['SHA-256'] });
    expect(await dial(await startServer(), peer, 'guess')).toMatchObject({ type: 'refused', status: 403 });
    expect(invites).toHaveLength(2);
  });

  it('can be taken back while the second try is under way', async () => {
    const server = await startServer();
    const peer = await openSipPeer({ address: '127.0.0.1', user: 'desk' });
    opened.push(peer);
    const rung = new Promise<PeerCall>((resolve) => {
      peer.onCall((call) => {
        const challenge = 'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"';
        let answerInvite: Answer = () => undefined;
        call.onRequest((request, answer) => {
          if (request.method === 'CANCEL') {
            answer(200, 'OK');
            answerInvite(487, 'Request Terminated');
          }
          if (request.method === 'INVITE') {
            answerInvite = answer;
            answer(180, 'Ringing');
            resolve(call);
          }
          return true;
        });
        call.respond(401, 'Unauthorized', { headers: [['WWW-Authenticate', challenge]] });
      });
    });
    const outgoing = server.dial({
      uri: peer.uri('desk'),
      headers: {
        From: '<sip:caller@localhost>',
        Contact: '<sip:gw@localhost>',
        'Content-Type': 'application/sdp',
      },
      sdp: SDP,
      auth: ACCOUNT,
      onProgress: () => undefined,
    });
    const call = await rung;
    outgoing.cancel();
    await until('CANCEL', () => call.requests.some(({ message }) => message.method === 'CANCEL'));
    expect(await outgoing.result).toMatchObject({ type: 'refused', status: 487 });
  });
});
