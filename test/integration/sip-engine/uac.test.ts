import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { calleeOf, callOut, deferred, type Harness, pause, startHarness, until } from './harness.ts';
import { read, sdp, tagIn } from './peer.ts';
import type { Req, SipMessage } from './srf.ts';

const SHORT = { timers: { t1: 40, t2: 160, t4: 200 } };
let harness: Harness;
afterEach(() => harness?.close());

const OFFER = { localSdp: sdp('app') };

describe('an outgoing call', () => {
  it('is answered, acknowledged and ended by the application', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call, invite, ack } = await callOut(harness, peer, {
      callingNumber: '100',
      callingName: 'Jo',
    });
    expect(invite.header('From')).toMatch(
      new RegExp(`^"Jo" <sip:100@127.0.0.1:${harness.port}>;tag=\\w{13}$`),
    );
    expect(invite.header('Contact')).toContain(`<sip:100@127.0.0.1:${harness.port}>`);
    expect(invite.header('Max-Forwards')).toBe('70');
    expect(invite.header('Session-Expires')).toBe('1800');
    expect(invite.header('Supported')).toContain('timer');
    expect(ack.startLine).toBe(`ACK sip:peer@127.0.0.1:${peer.port} SIP/2.0`);
    expect(ack.header('CSeq').split(' ')[0]).toBe(invite.header('CSeq').split(' ')[0]);
    expect(dialog.id).toBe(`${call.id};from-tag=${call.remoteTag}`);
    const done = dialog.destroy();
    const bye = await peer.next('BYE');
    expect(Number(bye.header('CSeq').split(' ')[0])).toBe(Number(invite.header('CSeq').split(' ')[0]) + 1);
    peer.send(call.respond(bye, 200, 'OK'), harness.port);
    await done;
    await until(async () => (await harness.engine.stats()).dialogs === 0);
  });

  it('is ended by the callee', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call } = await callOut(harness, peer);
    const ended = deferred<void>();
    dialog.on('destroy', () => ended.resolve());
    peer.send(call.request('BYE'), harness.port);
    await peer.next('BYE 200');
    await ended.promise;
  });

  it('follows the route set of the answer, in reverse', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { ack } = await callOut(
      harness,
      peer,
      {},
      {
        headers: [`Record-Route: <sip:10.9.9.9;lr>`, `Record-Route: <sip:127.0.0.1:${peer.port};lr>`],
      },
    );
    expect(ack.headers('Route')).toEqual([`<sip:127.0.0.1:${peer.port};lr>`, '<sip:10.9.9.9;lr>']);
  });

  it('shows provisional responses, several forks of them, and takes the answering fork', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const seen: string[] = [];
    const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, OFFER, {
      cbProvisional: (res: SipMessage) => seen.push(`${res.status} ${tagIn(res.get('To') ?? '')}`),
    });
    const invite = await peer.next('INVITE');
    const call = calleeOf(harness, peer, invite);
    peer.send(call.respond(invite, 100, 'Trying'), harness.port);
    peer.send(call.respond(invite, 180, 'Ringing', { tag: 'one' }), harness.port);
    peer.send(call.respond(invite, 183, 'Progress', { tag: 'two', body: sdp('early') }), harness.port);
    peer.send(call.respond(invite, 200, 'OK', { tag: 'two', body: sdp('answer') }), harness.port);
    const dialog = await placed;
    expect(seen).toEqual(['180 one', '183 two']);
    expect(dialog.sip.remoteTag).toBe('two');
    expect((await harness.engine.stats()).dialogs).toBe(1);
  });

  it('acknowledges and ends a second fork that answers, unknown to the application', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { call, invite, dialog } = await callOut(harness, peer, {}, { tag: 'first' });
    peer.send(call.respond(invite, 200, 'OK', { tag: 'second', body: sdp('other') }), harness.port);
    const ack = await peer.next('ACK');
    const bye = await peer.next('BYE');
    expect([tagIn(ack.header('To')), tagIn(bye.header('To'))]).toEqual(['second', 'second']);
    peer.send(call.respond(bye, 200, 'OK'), harness.port);
    expect((await harness.engine.stats()).dialogs).toBe(1);
    peer.send(call.respond(invite, 200, 'OK', { tag: 'first', body: sdp('answer') }), harness.port);
    expect(tagIn((await peer.next('ACK')).header('To'))).toBe('first');
    const done = dialog.destroy();
    const own = await peer.next('BYE');
    expect(tagIn(own.header('To'))).toBe('first');
    peer.send(call.respond(own, 200, 'OK'), harness.port);
    await done;
  });

  it("is refused: the ACK is the engine's, with the same branch, for each repeated refusal", async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, OFFER);
    const invite = await peer.next('INVITE');
    const call = calleeOf(harness, peer, invite);
    const refusal = call.respond(invite, 486, 'Busy Here');
    peer.send(refusal, harness.port);
    await expect(placed).rejects.toMatchObject({ status: 486 });
    const ack = await peer.next('ACK');
    expect(ack.header('Via')).toBe(invite.header('Via'));
    peer.send(refusal, harness.port);
    await peer.next('ACK');
    expect((await harness.engine.stats()).dialogs).toBe(0);
  });

  it('ends with a local 408 when nobody answers, after the INVITE was repeated', async () => {
    harness = await startHarness({ timers: { t1: 20, t2: 80, t4: 100 } });
    const peer = await harness.peer();
    await expect(harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, OFFER)).rejects.toMatchObject({
      status: 408,
    });
    expect(peer.count('INVITE')).toBeGreaterThanOrEqual(6);
    expect((await harness.engine.stats()).clientTransactions).toBe(0);
  });

  it('ends with a local 503 when its name does not resolve', async () => {
    harness = await startHarness();
    await expect(harness.srf.createUAC('sip:peer@no-such-host.invalid:5060', OFFER)).rejects.toMatchObject({
      status: 503,
    });
  });

  it('is not placed to the engine itself, nor where there is no transport', async () => {
    harness = await startHarness();
    await expect(harness.srf.createUAC(`sip:x@127.0.0.1:${harness.port}`, OFFER)).rejects.toThrow(
      'can not send request to myself',
    );
    await expect(harness.srf.createUAC('sip:x@127.0.0.1:9;transport=tcp', OFFER)).rejects.toThrow(
      'requested protocol/transport not available',
    );
  });

  it('is cancelled while it rings, with the Reason of the application', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    let sent: Req | undefined;
    const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, OFFER, {
      cbRequest: (_error: unknown, request: Req) => {
        sent = request;
      },
    });
    const refused = expect(placed).rejects.toMatchObject({ status: 487 });
    const invite = await peer.next('INVITE');
    const call = calleeOf(harness, peer, invite);
    await until(() => sent !== undefined);
    // Before any provisional response the CANCEL is held back.
    sent?.cancel({ headers: { Reason: 'Q.850;cause=16' } });
    await pause(150);
    expect(peer.count('CANCEL')).toBe(0);
    peer.send(call.respond(invite, 180, 'Ringing'), harness.port);
    const cancel = await peer.next('CANCEL');
    expect(cancel.header('Via')).toBe(invite.header('Via'));
    expect(cancel.header('Reason')).toBe('Q.850;cause=16');
    expect(cancel.header('Contact')).toBe('');
    peer.send(call.respond(cancel, 200, 'OK'), harness.port);
    peer.send(call.respond(invite, 487, 'Request Terminated'), harness.port);
    await refused;
    await peer.next('ACK');
  });

  it('that is answered while its CANCEL is under way is acknowledged and ended', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    let sent: Req | undefined;
    const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, OFFER, {
      cbRequest: (_error: unknown, request: Req) => {
        sent = request;
      },
    });
    const invite = await peer.next('INVITE');
    const call = calleeOf(harness, peer, invite);
    peer.send(call.respond(invite, 180, 'Ringing'), harness.port);
    await until(() => sent !== undefined);
    sent?.cancel({});
    await peer.next('CANCEL');
    peer.send(call.respond(invite, 200, 'OK', { body: sdp() }), harness.port);
    const dialog = await placed;
    const reason = deferred<string>();
    dialog.on('destroy', (_bye: SipMessage, why: string) => reason.resolve(why));
    await peer.next('ACK');
    await peer.next('BYE');
    expect(await reason.promise).toBe('ACK-BYE due to cancel race condition');
  });

  it('is cancelled by timer C when nothing final comes, and told 408', async () => {
    harness = await startHarness({ timers: { t1: 20, t2: 80, t4: 100, c: 300 } });
    const peer = await harness.peer();
    const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, OFFER);
    const refused = expect(placed).rejects.toMatchObject({ status: 408 });
    const invite = await peer.next('INVITE');
    const call = calleeOf(harness, peer, invite);
    peer.send(call.respond(invite, 180, 'Ringing'), harness.port);
    peer.send(call.respond(await peer.next('CANCEL'), 200, 'OK'), harness.port);
    await refused;
  });

  it('repeats the ACK for each repeated 200', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { call, invite } = await callOut(harness, peer);
    peer.send(call.respond(invite, 200, 'OK', { body: sdp('answer') }), harness.port);
    await peer.next('ACK');
    expect(peer.count('ACK')).toBe(2);
  });

  it('is ended at once when the answer has no Contact', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, OFFER);
    const refused = expect(placed).rejects.toMatchObject({ status: 500 });
    const invite = await peer.next('INVITE');
    peer.send(
      calleeOf(harness, peer, invite).respond(invite, 200, 'OK', { contact: false, body: sdp() }),
      harness.port,
    );
    await refused;
    await peer.next('ACK');
    await peer.next('BYE');
  });

  it('with a late offer sends the answer in the ACK', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, {
      noAck: true,
    }) as unknown as Promise<{
      sdp: string;
      ack(answer: string): Promise<unknown>;
    }>;
    const invite = await peer.next('INVITE');
    expect(invite.body).toBe('');
    peer.send(
      calleeOf(harness, peer, invite).respond(invite, 200, 'OK', { body: sdp('offer') }),
      harness.port,
    );
    const offer = await placed;
    expect(offer.sdp).toContain('s=offer');
    await offer.ack(sdp('late'));
    const ack = await peer.next('ACK');
    expect(ack.body).toContain('s=late');
    expect(ack.header('Content-Type')).toBe('application/sdp');
  });
});

describe('digest', () => {
  const CHALLENGE = ['Proxy-Authenticate: Digest realm="carrier", nonce="abc", algorithm=MD5'];

  it('answers a 407 to INVITE with the same Call-ID and tag and the next CSeq', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, {
      ...OFFER,
      auth: { username: 'u', password: 'p' },
    });
    const first = await peer.next('INVITE');
    const call = calleeOf(harness, peer, first);
    peer.send(
      call.respond(first, 407, 'Proxy Authentication Required', { headers: CHALLENGE, contact: false }),
      harness.port,
    );
    await peer.next('ACK');
    const second = await peer.next('INVITE');
    expect(second.header('Proxy-Authorization')).toContain('username="u"');
    expect(second.header('Call-ID')).toBe(first.header('Call-ID'));
    expect(second.header('From')).toBe(first.header('From'));
    expect(Number.parseInt(second.header('CSeq'), 10)).toBe(Number.parseInt(first.header('CSeq'), 10) + 1);
    peer.send(call.respond(second, 200, 'OK', { body: sdp() }), harness.port);
    await placed;
    expect((await peer.next('ACK')).header('Proxy-Authorization')).toContain('username="u"');
  });

  it('answers a 407 to BYE inside the dialog, which survives it', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call } = await callOut(harness, peer, { auth: { username: 'u', password: 'p' } });
    const done = dialog.destroy();
    const first = await peer.next('BYE');
    peer.send(
      call.respond(first, 407, 'Proxy Authentication Required', { headers: CHALLENGE, contact: false }),
      harness.port,
    );
    const second = await peer.next('BYE');
    expect(second.header('Proxy-Authorization')).toContain('username="u"');
    peer.send(call.respond(second, 200, 'OK'), harness.port);
    await done;
  });

  it('keeps no call whose BYE is challenged and that nobody has credentials for', async () => {
    harness = await startHarness({ timers: { t1: 20, t2: 80, t4: 100 } });
    const peer = await harness.peer();
    const { dialog, call } = await callOut(harness, peer);
    void dialog.destroy();
    const bye = await peer.next('BYE');
    expect((await harness.engine.stats()).dialogs).toBe(1);
    const status = [407, 'Proxy Authentication Required'] as const;
    peer.send(call.respond(bye, ...status, { headers: CHALLENGE, contact: false }), harness.port);
    await until(async () => (await harness.engine.stats()).dialogs === 0);
  });

  it('answers a 407 to a re-INVITE inside the dialog, with the next CSeq; later changes go on', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call } = await callOut(harness, peer);
    const auth = { username: 'u', password: 'p' };
    const changed = dialog.request({ method: 'INVITE', body: sdp('changed'), auth });
    const first = await peer.next('INVITE');
    peer.send(
      call.respond(first, 407, 'Proxy Authentication Required', { headers: CHALLENGE, contact: false }),
      harness.port,
    );
    expect((await peer.next('ACK')).header('CSeq')).toBe(first.header('CSeq').replace('INVITE', 'ACK'));
    const second = await peer.next('INVITE');
    expect(second.header('Proxy-Authorization')).toContain('username="u"');
    expect(second.body).toContain('s=changed');
    expect(second.startLine).toBe(`INVITE sip:peer@127.0.0.1:${peer.port} SIP/2.0`);
    expect(Number.parseInt(second.header('CSeq'), 10)).toBe(Number.parseInt(first.header('CSeq'), 10) + 1);
    peer.send(call.respond(second, 200, 'OK', { body: sdp() }), harness.port);
    expect(await changed).toMatchObject({ status: 200 });
    const modified = dialog.modify(sdp('again'));
    const third = await peer.next('INVITE');
    peer.send(call.respond(third, 200, 'OK', { body: sdp('taken') }), harness.port);
    await modified;
  });

  it('registers with a trunk', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const request = await harness.srf.request(`sip:127.0.0.1:${peer.port}`, {
      method: 'REGISTER',
      headers: {
        From: '<sip:u@carrier.example>',
        To: '<sip:u@carrier.example>',
        Contact: '<sip:u@localhost>',
        Expires: '60',
      },
      auth: { username: 'u', password: 'p' },
    });
    const answer = deferred<SipMessage>();
    request.on('response', (response: SipMessage) => answer.resolve(response));
    const first = await peer.next('REGISTER');
    expect(first.header('Contact')).toBe(`<sip:u@127.0.0.1:${harness.port}>`);
    const call = calleeOf(harness, peer, first);
    peer.send(
      call.respond(first, 401, 'Unauthorized', {
        headers: ['WWW-Authenticate: Digest realm="r", nonce="n"'],
        contact: false,
      }),
      harness.port,
    );
    const second = await peer.next('REGISTER');
    peer.send(
      call.respond(second, 200, 'OK', { contact: false, headers: ['Contact: <sip:u@1.2.3.4>;expires=60'] }),
      harness.port,
    );
    expect((await answer.promise).status).toBe(200);
  });
});

describe('where requests go', () => {
  it('to the proxy that the application names, the Request-URI unchanged', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const placed = harness.srf.createUAC('sip:bob@example.com', {
      ...OFFER,
      proxy: `127.0.0.1:${peer.port}`,
    });
    const invite = await peer.next('INVITE');
    expect(invite.startLine).toBe('INVITE sip:bob@example.com SIP/2.0');
    peer.send(calleeOf(harness, peer, invite).respond(invite, 200, 'OK', { body: sdp() }), harness.port);
    await placed;
  });

  it('by TCP above the MTU, and by UDP after all when the peer has no TCP', async () => {
    harness = await startHarness({
      listen: [
        { protocol: 'udp', address: '127.0.0.1', port: 0 },
        { protocol: 'tcp', address: '127.0.0.1', port: 0 },
      ],
    });
    const peer = await harness.peer();
    const large = { localSdp: `${sdp()}a=x:${'y'.repeat(1400)}\r\n` };
    const first = deferred<string>();
    const server = createServer((socket) => socket.once('data', (bytes) => first.resolve(bytes.toString())));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const tcpPort = typeof address === 'object' && address !== null ? address.port : 0;
    harness.srf.createUAC(`sip:peer@127.0.0.1:${tcpPort}`, large).catch(() => {});
    expect(read(await first.promise).header('Via')).toContain('SIP/2.0/TCP');
    server.close();

    const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, large);
    const invite = await peer.next('INVITE');
    expect(invite.header('Via')).toContain('SIP/2.0/UDP');
    expect(invite.text.length).toBeGreaterThan(1400);
    peer.send(calleeOf(harness, peer, invite).respond(invite, 200, 'OK', { body: sdp() }), harness.port);
    await placed;
  });

  it('over TCP with a Contact that says so', async () => {
    harness = await startHarness({ ...SHORT, listen: [{ protocol: 'tcp', address: '127.0.0.1', port: 0 }] });
    const first = deferred<string>();
    const server = createServer((socket) => socket.once('data', (bytes) => first.resolve(bytes.toString())));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const tcpPort = typeof address === 'object' && address !== null ? address.port : 0;
    harness.srf
      .createUAC(`sip:peer@127.0.0.1:${tcpPort};transport=tcp`, { ...OFFER, callingNumber: '7' })
      .catch(() => {});
    expect(read(await first.promise).header('Contact')).toBe(
      `<sip:7@127.0.0.1:${harness.port};transport=tcp>`,
    );
    server.close();
  });

  it('refused connections end in a local 503', async () => {
    harness = await startHarness({ listen: [{ protocol: 'tcp', address: '127.0.0.1', port: 0 }] });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const free = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => server.close(resolve));
    await expect(harness.srf.createUAC(`sip:x@127.0.0.1:${free};transport=tcp`, OFFER)).rejects.toMatchObject(
      { status: 503 },
    );
  });
});
