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

type Legs = { readonly uas: Dialog; readonly uac: Dialog };

const link = ({ uas, uac }: Legs): void => {
  for (const [one, other] of [
    [uas, uac],
    [uac, uas],
  ] as const) {
    one.on('destroy', () => void other.destroy().catch(() => {}));
    one.on('info', async (req: Req, res: Res) => {
      const answer = await other.request({
        method: 'INFO',
        body: req.body,
        headers: { 'Content-Type': 'text/plain' },
      });
      res.send(answer.status);
    });
    one.on('modify', async (req: Req, res: Res) => {
      const body = await other.modify(req.body);
      res.send(200, { body, headers: { 'Content-Type': 'application/sdp' } });
    });
  }
};

describe.each(PROTOCOLS)('createB2BUA over %s', (protocol) => {
  /** ann on the near side calls, the far side bridges to bob, who is on the near side too. */
  const bridge = (options: object = {}): Promise<Legs> => {
    const { promise, resolve } = deferred<Legs>();
    pair.far.handle('invite', async (req, res) => {
      try {
        const legs = await pair.far.srf.createB2BUA(req, res, pair.near.uri(protocol, 'bob'), {
          localSdpB: req.body,
          ...options,
        });
        link(legs);
        resolve(legs);
      } catch {
        // The caller's leg tells of it.
      }
    });
    return promise;
  };

  const call = (options: object = {}, progress: object = {}): Promise<Dialog> =>
    pair.near.srf.createUAC(
      pair.far.uri(protocol, '4930123'),
      { localSdp: sdp('ann'), callingNumber: '100', ...options },
      progress,
    );

  const bob = (answer: (req: Req, res: Res) => void): void => pair.near.handle('invite', answer);
  const bobAnswers = (): Promise<{ dialog: Dialog; req: Req }> => {
    const { promise, resolve } = deferred<{ dialog: Dialog; req: Req }>();
    bob(async (req, res) => {
      resolve({ dialog: await pair.near.srf.createUAS(req, res, { localSdp: sdp('bob') }), req });
    });
    return promise;
  };

  it('joins two legs and passes on what either says', async () => {
    const bridged = bridge();
    const answered = bobAnswers();
    const ann = await call();
    const { dialog: callee } = await answered;
    await bridged;
    expect(ann.remote.sdp).toBe(sdp('bob'));
    expect(callee.remote.sdp).toBe(sdp('ann'));
    const told = deferred<string>();
    callee.on('info', (req: Req, res: Res) => {
      told.resolve(req.body);
      res.send(200);
    });
    const info = await ann.request({
      method: 'INFO',
      body: 'digit',
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(info.status).toBe(200);
    expect(await told.promise).toBe('digit');
    ann.on('modify', (_req: Req, res: Res) =>
      res.send(200, { body: sdp('ann again'), headers: { 'Content-Type': 'application/sdp' } }),
    );
    expect(await callee.modify(sdp('bob again'))).toContain('ann again');
    const gone = deferred<void>();
    callee.on('destroy', () => gone.resolve());
    await ann.destroy();
    await gone.promise;
    await pair.quiet();
  });

  it('headers are copied as asked for, on the way there and back', async () => {
    const bridged = bridge({
      proxyRequestHeaders: ['X-There', 'subject'],
      proxyResponseHeaders: ['X-Back'],
      headers: { 'X-Fixed': 'yes' },
      responseHeaders: { 'X-Answer': 'given' },
      callingNumber: '555',
      callingName: 'Ann',
      localSdpA: (body: string) => `${body}a=changed\r\n`,
    });
    const request = deferred<Req>();
    bob(async (req, res) => {
      request.resolve(req);
      await pair.near.srf.createUAS(req, res, { localSdp: sdp('bob'), headers: { 'X-Back': 'home' } });
    });
    const ann = await call({ headers: { 'X-There': 'one', 'X-Not': 'two', Subject: 'hello' } });
    await bridged;
    const req = await request.promise;
    expect(req.get('X-There')).toBe('one');
    expect(req.get('Subject')).toBe('hello');
    expect(req.has('X-Not')).toBe(false);
    expect(req.get('X-Fixed')).toBe('yes');
    expect(req.get('From')).toMatch(/^"?Ann"? ?<sip:555@127\.0\.0\.1/);
    expect(ann.remote.sdp).toContain('a=changed');
    const response = (ann as unknown as { res: SipMessage }).res;
    expect(response.get('X-Back')).toBe('home');
    expect(response.get('X-Answer')).toBe('given');
    await ann.destroy();
    await pair.quiet();
  });

  it('ringing, early media and a refusal come through', async () => {
    void bridge();
    const seen: number[] = [];
    bob((_req, res) => {
      res.send(180);
      res.send(183, { body: sdp('early'), headers: { 'Content-Type': 'application/sdp' } });
      res.send(603);
    });
    await expect(
      call({}, { cbProvisional: (res: SipMessage) => seen.push(res.status) }),
    ).rejects.toMatchObject({ status: 603 });
    expect(seen).toEqual([180, 183]);
    await pair.quiet();
  });

  it('a failure can be kept for another try: passFailure false', async () => {
    pair.far.handle('invite', async (req, res) => {
      const first = pair.far.srf.createB2BUA(req, res, pair.near.uri(protocol, 'busy'), {
        localSdpB: req.body,
        passFailure: false,
      });
      await expect(first).rejects.toMatchObject({ status: 486 });
      link(
        await pair.far.srf.createB2BUA(req, res, pair.near.uri(protocol, 'free'), { localSdpB: req.body }),
      );
    });
    bob(async (req, res) => {
      if (req.uri.includes('busy@')) res.send(486);
      else await pair.near.srf.createUAS(req, res, { localSdp: sdp('free') });
    });
    const ann = await call();
    expect(ann.remote.sdp).toBe(sdp('free'));
    await ann.destroy();
    await pair.quiet();
  });

  it('the caller gives up: the callee stops ringing', async () => {
    void bridge();
    const rings = deferred<void>();
    const stopped = deferred<void>();
    let request: Req | undefined;
    bob((req, res) => {
      req.on('cancel', () => stopped.resolve());
      res.send(180);
    });
    const failed = call(
      {},
      {
        cbRequest: (_error: unknown, sent: Req) => {
          request = sent;
        },
        cbProvisional: (res: SipMessage) => res.status === 180 && rings.resolve(),
      },
    );
    failed.catch(() => {});
    await rings.promise;
    request?.cancel({});
    await expect(failed).rejects.toMatchObject({ status: 487 });
    await stopped.promise;
    await pair.quiet();
  });

  it('a caller without SDP gets the callee’s offer, the callee its answer', async () => {
    const bridged = bridge({ localSdpB: undefined });
    const answered = deferred<string>();
    bob(async (req, res) => {
      const callee = await pair.near.srf.createUAS(req, res, { localSdp: sdp('bob offers') });
      callee.on('ack', (ack: SipMessage) => answered.resolve(ack.body));
    });
    const late = (await pair.near.srf.createUAC(pair.far.uri(protocol, '4930123'), {
      noAck: true,
    })) as unknown as { sdp: string; ack(sdp: string): Promise<Dialog> };
    expect(late.sdp).toBe(sdp('bob offers'));
    const ann = await late.ack(sdp('ann answers'));
    await bridged;
    expect(await answered.promise).toBe(sdp('ann answers'));
    await ann.destroy();
    await pair.quiet();
  });
});
