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

/** The callee answers; its dialog comes by the promise. */
const answering = (options: object = {}): Promise<Dialog> => {
  const { promise, resolve } = deferred<Dialog>();
  pair.far.handle('invite', async (req, res) => {
    resolve(await pair.far.srf.createUAS(req, res, { localSdp: sdp('callee'), ...options }));
  });
  return promise;
};

const event = <T = SipMessage>(dialog: Dialog, name: string): Promise<T> => {
  const { promise, resolve } = deferred<T>();
  dialog.on(name, (value: T) => resolve(value));
  return promise;
};

/** Answers 200 to what comes in a dialog under this name and gives it. */
const accepted = (dialog: Dialog, name: string, body?: string): Promise<Req> => {
  const { promise, resolve } = deferred<Req>();
  dialog.on(name, (req: Req, res: Res) => {
    res.send(200, body === undefined ? {} : { body });
    resolve(req);
  });
  return promise;
};

describe.each(PROTOCOLS)('over %s', (protocol) => {
  const call = async (options: object = {}, progress: object = {}): Promise<Dialog> =>
    pair.near.srf.createUAC(pair.far.uri(protocol), { localSdp: sdp('caller'), ...options }, progress);

  it('createUAC meets createUAS: both have the other’s SDP, and the caller hangs up', async () => {
    const answered = answering();
    const caller = await call();
    const callee = await answered;
    expect(caller.remote.sdp).toBe(sdp('callee'));
    expect(callee.remote.sdp).toBe(sdp('caller'));
    expect(caller.sip.callId).toBe(callee.sip.callId);
    expect(caller.sip.remoteTag).toBe(callee.sip.localTag);
    const gone = event(callee, 'destroy');
    await caller.destroy();
    await gone;
    await pair.quiet();
  });

  it('the callee hangs up, with a reason', async () => {
    const answered = answering();
    const caller = await call();
    const gone = event(caller, 'destroy');
    await (await answered).destroy({ headers: { Reason: 'Q.850;cause=16' } });
    expect((await gone).get('Reason')).toBe('Q.850;cause=16');
    await pair.quiet();
  });

  it('a refusal reaches the caller with its status, reason and headers', async () => {
    pair.far.handle('invite', (_req, res) => res.send(486, { headers: { 'X-Why': 'lunch' } }));
    await expect(call()).rejects.toMatchObject({ status: 486, reason: 'Busy Here' });
  });

  it('ringing and early media come in order', async () => {
    const seen: [number, string][] = [];
    pair.far.handle('invite', async (req, res) => {
      res.send(180);
      res.send(183, { body: sdp('early'), headers: { 'Content-Type': 'application/sdp' } });
      await pair.far.srf.createUAS(req, res, { localSdp: sdp('callee') });
    });
    const caller = await call({}, { cbProvisional: (res: SipMessage) => seen.push([res.status, res.body]) });
    expect(seen).toEqual([
      [180, ''],
      [183, sdp('early')],
    ]);
    await caller.destroy();
    await pair.quiet();
  });

  it('a reliable provisional response gets its PRACK before the answer', async () => {
    const order: string[] = [];
    const pracked = deferred<void>();
    pair.far.handle('invite', (req, res) => {
      res.send(
        183,
        {
          body: sdp('early'),
          headers: { Require: '100rel', 'Content-Type': 'application/sdp' },
        },
        () => {},
        async () => {
          order.push('prack');
          pracked.resolve();
          await pair.far.srf.createUAS(req, res, { localSdp: sdp('callee') });
        },
      );
    });
    const caller = await call({ headers: { Supported: '100rel' } });
    order.push('answer');
    await pracked.promise;
    expect(order).toEqual(['prack', 'answer']);
    await caller.destroy();
    await pair.quiet();
  });

  it('the caller gives up while it rings', async () => {
    const cancelled = deferred<SipMessage>();
    const rings = deferred<void>();
    let request: Req | undefined;
    pair.far.handle('invite', (req, res) => {
      req.on('cancel', (cancel: SipMessage) => cancelled.resolve(cancel));
      res.send(180);
    });
    const failed = call(
      {},
      {
        cbRequest: (_error: unknown, sent: Req) => {
          request = sent;
        },
        cbProvisional: () => rings.resolve(),
      },
    );
    failed.catch(() => {});
    await rings.promise;
    request?.cancel({ headers: { Reason: 'SIP;cause=200;text="elsewhere"' } });
    await expect(failed).rejects.toMatchObject({ status: 487 });
    expect((await cancelled.promise)?.get('Reason')).toContain('elsewhere');
    await pair.quiet();
  });

  it('both sides change the session: refresh, hold, unhold, modify', async () => {
    const session = (version: number, direction: string): string =>
      `v=0\r\no=- 7 ${version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=${direction}\r\n`;
    const answered = answering({ localSdp: session(1, 'sendrecv') });
    const caller = await call({ localSdp: session(1, 'sendrecv') });
    const callee = await answered;
    const events: string[] = [];
    for (const name of ['refresh', 'hold', 'unhold']) callee.on(name, () => events.push(name));
    callee.on('modify', (req: Req, res: Res) => {
      events.push('modify');
      res.send(200, { body: sdp('changed'), headers: { 'Content-Type': 'application/sdp' } });
      expect(req.body).toBe(sdp('caller2'));
    });
    await caller.modify(session(1, 'sendrecv'));
    expect(await caller.modify(session(2, 'sendonly'))).toContain('a=recvonly');
    expect(await caller.modify(session(3, 'sendrecv'))).toContain('a=sendrecv');
    expect(await caller.modify(sdp('caller2'))).toBe(sdp('changed'));
    expect(events).toEqual(['refresh', 'hold', 'unhold', 'modify']);
    const back = accepted(caller, 'modify', sdp('caller3'));
    expect(await callee.modify(sdp('callee2'))).toBe(sdp('caller3'));
    await back;
    await caller.destroy();
    await pair.quiet();
  });

  it.each(['INFO', 'MESSAGE', 'OPTIONS', 'UPDATE', 'NOTIFY', 'PUBLISH'])(
    'carries %s in a dialog, both ways',
    async (method) => {
      const answered = answering();
      const caller = await call();
      const callee = await answered;
      for (const [from, to] of [
        [caller, callee],
        [callee, caller],
      ] as const) {
        const came = accepted(to, method.toLowerCase());
        const response = await from.request({
          method,
          headers: {
            'Content-Type': 'text/plain',
            ...(method === 'NOTIFY' && { Event: 'x', 'Subscription-State': 'active' }),
          },
          body: 'grüße 你好',
        });
        expect(response.status).toBe(200);
        expect((await came).body).toBe('grüße 你好');
      }
      await caller.destroy();
      await pair.quiet();
    },
  );

  it('a transfer: REFER is accepted and its NOTIFYs come back', async () => {
    const answered = answering();
    const caller = await call();
    const callee = await answered;
    callee.on('refer', async (req: Req, res: Res) => {
      expect(req.get('Refer-To')).toContain('carol');
      res.send(202);
      await callee.request({
        method: 'NOTIFY',
        headers: {
          Event: 'refer',
          'Subscription-State': 'terminated;reason=noresource',
          'Content-Type': 'message/sipfrag',
        },
        body: 'SIP/2.0 200 OK',
      });
    });
    const told = accepted(caller, 'notify');
    const response = await caller.request({
      method: 'REFER',
      headers: { 'Refer-To': '<sip:carol@example.com>' },
    });
    expect(response.status).toBe(202);
    expect((await told).body).toBe('SIP/2.0 200 OK');
    // The call outlives the subscription.
    await caller.destroy();
    await pair.quiet();
  });

  it('an offer in the 200, the answer in the ACK', async () => {
    const acked = deferred<string>();
    pair.far.handle('invite', async (req, res) => {
      expect(req.body).toBe('');
      const callee = await pair.far.srf.createUAS(req, res, { localSdp: sdp('offer') });
      callee.on('ack', (ack: SipMessage) => acked.resolve(ack.body));
    });
    const late = (await pair.near.srf.createUAC(pair.far.uri(protocol), {
      noAck: true,
    })) as unknown as { sdp: string; ack(sdp: string): Promise<Dialog> };
    expect(late.sdp).toBe(sdp('offer'));
    const caller = await late.ack(sdp('answer'));
    expect(await acked.promise).toBe(sdp('answer'));
    await caller.destroy();
    await pair.quiet();
  });

  it('a challenge is met, also in the dialog', async () => {
    const challenge = 'Digest realm="far", nonce="abc", algorithm=MD5, qop="auth"';
    pair.far.handle('invite', async (req, res) => {
      if (!req.has('Authorization')) {
        res.send(401, { headers: { 'WWW-Authenticate': challenge } });
        return;
      }
      expect(req.get('Authorization')).toMatch(/username="ann".*response="[0-9a-f]{32}"/);
      const callee = await pair.far.srf.createUAS(req, res, { localSdp: sdp('callee') });
      callee.on('info', (info: Req, answer: Res) =>
        info.has('Proxy-Authorization')
          ? answer.send(200)
          : answer.send(407, { headers: { 'Proxy-Authenticate': challenge } }),
      );
    });
    const auth = { username: 'ann', password: 'secret' };
    const caller = await call({ auth });
    expect((await caller.request({ method: 'INFO', auth })).status).toBe(200);
    await caller.destroy();
    await pair.quiet();
  });

  it('a redirect is followed', async () => {
    pair.far.handle('invite', async (req, res) => {
      if (req.uri.includes('bob@')) {
        res.send(302, { headers: { Contact: `<${pair.far.uri(protocol, 'carol')}>` } });
        return;
      }
      await pair.far.srf.createUAS(req, res, { localSdp: sdp('carol') });
    });
    const caller = await call({ followRedirects: true });
    expect(caller.remote.sdp).toBe(sdp('carol'));
    await caller.destroy();
    await pair.quiet();
  });
});
