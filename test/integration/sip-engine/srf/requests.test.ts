import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deferred } from '../harness.ts';
import { sdp } from '../peer.ts';
import type { Dialog, Req, Res, SipMessage } from '../srf.ts';
import { type Pair, PROTOCOLS, startPair } from './pair.ts';

let pair: Pair;
beforeEach(async () => {
  pair = await startPair();
});
afterEach(() => pair?.close());

/** The final response: by the callback, since it may come in the same breath as the word that the request is out. */
const ask = (uri: string, options: object): Promise<SipMessage> =>
  new Promise((resolve, reject) => {
    pair.near.srf.request(uri, options, (error, request) => {
      if (error) reject(error);
      else request.on('response', (response: SipMessage) => resolve(response));
    });
  });

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** What RFC 2617 wants of `ann` with the password `secret`. */
const isRight = (authorization: string, method: string): boolean => {
  const get = (name: string): string => new RegExp(`\\b${name}="?([^",]*)"?`).exec(authorization)?.[1] ?? '';
  const a1 = md5(`ann:${get('realm')}:secret`);
  const a2 = md5(`${method}:${get('uri')}`);
  const middle = get('qop') === '' ? '' : `${get('nc')}:${get('cnonce')}:${get('qop')}:`;
  return get('response') === md5(`${a1}:${get('nonce')}:${middle}${a2}`);
};

describe.each(PROTOCOLS)('over %s', (protocol) => {
  it.each(['OPTIONS', 'MESSAGE', 'PUBLISH', 'INFO'])('srf.request carries %s', async (method) => {
    pair.far.handle(method.toLowerCase(), (req, res) => {
      expect(req.get('X-Mark')).toBe('7');
      res.send(200, { headers: { 'X-Back': req.body }, body: 'ok' });
    });
    const response = await ask(pair.far.uri(protocol), {
      method,
      headers: { 'X-Mark': '7', 'Content-Type': 'text/plain' },
      body: 'hello',
    });
    expect(response.status).toBe(200);
    expect(response.get('X-Back')).toBe('hello');
    expect(response.body).toBe('ok');
  });

  it('REGISTER is challenged, and taken with the right password', async () => {
    const nonce = randomBytes(8).toString('hex');
    pair.far.handle('register', (req, res) => {
      const authorization = req.get('Authorization') ?? '';
      if (authorization === '') {
        res.send(401, {
          headers: { 'WWW-Authenticate': `Digest realm="far", nonce="${nonce}", qop="auth"` },
        });
        return;
      }
      if (!isRight(authorization, 'REGISTER')) return res.send(403);
      res.send(200, { headers: { Contact: `${req.get('Contact')};expires=60`, Expires: '60' } });
    });
    const register = (password: string): Promise<SipMessage> =>
      ask(pair.far.uri(protocol), {
        method: 'REGISTER',
        headers: {
          Contact: '<sip:ann@localhost>',
          To: '<sip:ann@far>',
          From: '<sip:ann@far>',
          Expires: '60',
        },
        auth: { username: 'ann', password },
      });
    const good = await register('secret');
    expect(good.status).toBe(200);
    expect(good.get('Contact')).toContain(`ann@127.0.0.1:${pair.near.port(protocol)}`);
    expect((await register('wrong')).status).toBe(403);
  });

  it('SUBSCRIBE makes a dialog, in which NOTIFYs come until the last', async () => {
    const notifier = deferred<Dialog>();
    pair.far.handle('subscribe', async (req, res) => {
      notifier.resolve(await pair.far.srf.createUAS(req, res, { headers: { Expires: '120' } }));
    });
    const subscriber = await pair.near.srf.createUAC(pair.far.uri(protocol), {
      method: 'SUBSCRIBE',
      headers: {
        Event: 'presence',
        Expires: '120',
        From: '<sip:ann@localhost>',
        Contact: '<sip:ann@localhost>',
      },
    } as object);
    const states: string[] = [];
    subscriber.on('notify', (req: Req, res: Res) => {
      states.push(req.get('Subscription-State') ?? '');
      res.send(200);
    });
    const callee = await notifier.promise;
    for (const state of ['active;expires=120', 'terminated;reason=timeout']) {
      const response = await callee.request({
        method: 'NOTIFY',
        headers: { Event: 'presence', 'Subscription-State': state },
      });
      expect(response.status).toBe(200);
    }
    expect(states).toEqual(['active;expires=120', 'terminated;reason=timeout']);
    await pair.quiet();
  });

  it('a request that nobody handles is answered, and one to nowhere too', async () => {
    pair.far.handle('message', (_req, res) => res.send(405));
    const refused = await ask(pair.far.uri(protocol), { method: 'MESSAGE', headers: {} });
    expect(refused.status).toBe(405);
    if (protocol === 'udp') return;
    const nowhere = `sip:x@127.0.0.1:9;transport=${protocol}`;
    const failed = await ask(nowhere, { method: 'OPTIONS' });
    expect(failed.status).toBe(503);
  });
});

it('several applications share calls in turn, and each keeps its own', async () => {
  const taken: number[] = [];
  const dialogs: Dialog[] = [];
  const others = await Promise.all(
    [1, 2].map((id) =>
      pair.far.app((srf) =>
        srf.invite(async (req, res) => {
          taken.push(id);
          dialogs.push(await srf.createUAS(req, res, { localSdp: sdp(`app ${id}`) }));
        }),
      ),
    ),
  );
  pair.far.handle('invite', async (req, res) => {
    taken.push(0);
    dialogs.push(await pair.far.srf.createUAS(req, res, { localSdp: sdp('app 0') }));
  });
  for (let round = 0; round < 6; round += 1) {
    const caller = await pair.near.srf.createUAC(pair.far.uri('udp'), { localSdp: sdp('caller') });
    await caller.destroy();
  }
  expect([...taken].sort()).toEqual([0, 0, 1, 1, 2, 2]);
  expect(new Set(taken.slice(0, 3)).size).toBe(3);
  for (const other of others) other.disconnect();
  await pair.quiet();
});
