import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { SipEngineOptions } from '../../../src/sip-engine/index.ts';
import { calleeOf, deferred, type Harness, pause, startHarness, until } from './harness.ts';
import {
  type Call,
  createCall,
  newBranch,
  type Options,
  type Peer,
  read,
  sdp,
  type Text,
  tagIn,
} from './peer.ts';
import type { Req, Srf } from './srf.ts';

const SHORT = { timers: { t1: 40, t2: 160, t4: 200 } };

type Result = {
  readonly connected: boolean;
  readonly finalStatus: number;
  readonly responses: readonly { readonly msgs: readonly { readonly status: number }[] }[];
};
type ProxyOptions = {
  readonly destination?: readonly string[];
  readonly forking?: 'simultaneous' | 'serial';
  readonly remainInDialog?: boolean;
  readonly followRedirects?: boolean;
  readonly provisionalTimeout?: string;
  readonly finalTimeout?: string;
  readonly headers?: Record<string, string>;
};
type Proxyable = Req & { proxy(options: ProxyOptions): Promise<Result> };

const uriOf = (peer: Peer): string => `sip:callee@127.0.0.1:${peer.port}`;

const statuses = (result: Result): number[] =>
  result.responses.flatMap(({ msgs }) => msgs.map(({ status }) => status));

let harness: Harness;
let closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers) await close();
  closers = [];
  await harness?.close();
});

type Scene = {
  readonly caller: Peer;
  readonly callees: readonly Peer[];
  /** What the application is told in the end; a rejection is its reason. */
  readonly result: Promise<Result | string>;
};

/** An engine whose application proxies each request to `count` callees. */
const startScene = async (
  count: number,
  options: ProxyOptions = {},
  engine: Partial<SipEngineOptions> = {},
  method = 'invite',
): Promise<Scene> => {
  const { promise: result, resolve } = deferred<Result | string>();
  const callees: Peer[] = [];
  const use = (srf: Srf): void =>
    srf.use(method, (req) => {
      const plan = { destination: callees.map(uriOf), ...options };
      (req as Proxyable).proxy(plan).then(resolve, (reason) => resolve(String(reason)));
    });
  harness = await startHarness(engine, use);
  const caller = await harness.peer();
  for (let made = 0; made < count; made += 1) callees.push(await harness.peer());
  return { caller, callees, result };
};

const at = (callees: readonly Peer[], index: number): Peer => {
  const peer = callees[index];
  if (peer === undefined) throw new Error(`no callee ${index}`);
  return peer;
};

const answer = (peer: Peer, request: Text, status: number, reason: string, options: Options = {}): Call => {
  const call = calleeOf(harness, peer, request);
  peer.send(call.respond(request, status, reason, options), harness.port);
  return call;
};

/** Takes the next INVITE of a callee and answers it. */
const answerNext = async (
  peer: Peer,
  status: number,
  reason: string,
  options: Options = {},
): Promise<Text> => {
  const invite = await peer.next('INVITE');
  answer(peer, invite, status, reason, options);
  return invite;
};

const place = (caller: Peer, options: Options = {}): { call: Call; branch: string } => {
  const call = createCall(caller, harness.port);
  const branch = options.branch ?? newBranch();
  caller.send(call.invite({ ...options, branch }), harness.port);
  return { call, branch };
};

const ackRefusal = (caller: Peer, call: Call, branch: string, refusal: Text): void =>
  caller.send(call.request('ACK', { branch, toTag: tagIn(refusal.header('To')) }), harness.port);

const allGone = (): Promise<void> =>
  until(async () => {
    const stats = await harness.engine.stats();
    return stats.proxiedRequests === 0 && stats.clientTransactions === 0 && stats.serverTransactions === 0;
  });

describe('serial forking', () => {
  it('goes on to the next destination after a refusal, and passes its answer', async () => {
    const { caller, callees, result } = await startScene(2, { headers: { 'X-Tenant': 'one' } }, SHORT);
    const { call } = place(caller, { headers: ['X-Tenant: none', 'X-Kept: yes'] });
    expect((await caller.next('INVITE 100')).headers('Via')).toHaveLength(1);
    const first = await answerNext(at(callees, 0), 404, 'Not Found');
    await at(callees, 0).next('ACK');
    const second = await at(callees, 1).next('INVITE');
    answer(at(callees, 1), second, 100, 'Trying');
    answer(at(callees, 1), second, 180, 'Ringing');
    answer(at(callees, 1), second, 200, 'OK', { body: sdp('answer') });

    expect(first.startLine).toBe(`INVITE ${uriOf(at(callees, 0))} SIP/2.0`);
    expect(first.headers('Via')).toHaveLength(2);
    expect(first.header('Via')).not.toBe(second.header('Via'));
    expect(first.header('Max-Forwards')).toBe('69');
    expect(first.headers('X-Tenant')).toEqual(['one']);
    expect(first.header('X-Kept')).toBe('yes');
    expect(first.headers('Record-Route')).toEqual([]);
    expect(first.body).toBe(sdp('offer'));
    const ringing = await caller.next('INVITE 180');
    expect(ringing.headers('Via')).toHaveLength(1);
    const ok = await caller.next('INVITE 200');
    expect(ok.headers('Via')).toHaveLength(1);
    expect(ok.body).toBe(sdp('answer'));
    expect(ok.header('Contact')).toBe(`<sip:peer@127.0.0.1:${at(callees, 1).port}>`);
    expect(ok.header('Call-ID')).toBe(call.id);
    expect(caller.count('INVITE 100')).toBe(1);
    expect(caller.count('INVITE 404')).toBe(0);
    const told = await result;
    expect(told).toMatchObject({ connected: true, finalStatus: 200 });
    expect(statuses(told as Result)).toEqual([404, 200]);
    await allGone();
  });

  it('gives the best of all refusals when everybody refuses', async () => {
    const { caller, callees, result } = await startScene(3, {}, SHORT);
    const { call, branch } = place(caller);
    await answerNext(at(callees, 0), 500, 'Broken');
    await answerNext(at(callees, 1), 484, 'Address Incomplete', { headers: ['X-Hint: more digits'] });
    await answerNext(at(callees, 2), 486, 'Busy Here');
    const refusal = await caller.next('INVITE 484');
    expect(refusal.header('X-Hint')).toBe('more digits');
    ackRefusal(caller, call, branch, refusal);
    const told = await result;
    expect(told).toMatchObject({ connected: false });
    expect(statuses(told as Result)).toEqual([500, 484, 486]);
    await allGone();
    expect(caller.count('INVITE 484')).toBe(1);
  });

  it('stops at 6xx', async () => {
    const { caller, callees, result } = await startScene(2);
    place(caller);
    await answerNext(at(callees, 0), 603, 'Decline');
    await caller.next('INVITE 603');
    expect(await result).toMatchObject({ connected: false, finalStatus: 603 });
    expect(at(callees, 1).count('INVITE')).toBe(0);
  });

  it('turns 503 into 500', async () => {
    const { caller, callees } = await startScene(1);
    place(caller);
    await answerNext(at(callees, 0), 503, 'Service Unavailable', { headers: ['Retry-After: 100'] });
    const refusal = await caller.next('INVITE 500');
    expect(refusal.header('Retry-After')).toBe('');
  });

  it('tries the next destination when one says nothing in time', async () => {
    const { caller, callees, result } = await startScene(2, { provisionalTimeout: '600ms' }, SHORT);
    place(caller);
    await at(callees, 0).next('INVITE');
    const second = await answerNext(at(callees, 1), 200, 'OK', { body: sdp('answer') });
    expect(second.method).toBe('INVITE');
    await caller.next('INVITE 200');
    expect(await result).toMatchObject({ connected: true });
    // The first one wakes up and is withdrawn at once.
    const late = await at(callees, 0).next('INVITE');
    answer(at(callees, 0), late, 180, 'Ringing');
    const cancel = await at(callees, 0).next('CANCEL');
    expect(cancel.header('Via')).toBe(late.header('Via'));
    answer(at(callees, 0), cancel, 200, 'OK');
    answer(at(callees, 0), late, 487, 'Request Terminated');
    await at(callees, 0).next('ACK');
    expect(caller.count('INVITE 180')).toBe(0);
    await allGone();
  });

  it('withdraws a destination that rings too long, and gives 408 when it was the last', async () => {
    const { caller, callees, result } = await startScene(2, { finalTimeout: '300ms' }, SHORT);
    const { call, branch } = place(caller);
    for (const callee of callees) {
      const invite = await callee.next('INVITE');
      answer(callee, invite, 180, 'Ringing');
      const cancel = await callee.next('CANCEL');
      answer(callee, cancel, 200, 'OK');
      answer(callee, invite, 487, 'Request Terminated');
      await callee.next('ACK');
    }
    const refusal = await caller.next('INVITE 408');
    ackRefusal(caller, call, branch, refusal);
    expect(await result).toMatchObject({ connected: false });
    await allGone();
  });

  it('gives 408 when nobody ever answers, and 500 when there is no way', async () => {
    const { caller, callees } = await startScene(1, {}, { timers: { t1: 10, t2: 40, t4: 50 } });
    const { call, branch } = place(caller);
    await at(callees, 0).next('INVITE');
    const refusal = await caller.next('INVITE 408');
    expect(at(callees, 0).count('INVITE')).toBeGreaterThan(3);
    ackRefusal(caller, call, branch, refusal);
    await allGone();
    await harness.close();
    const nowhere = await startScene(0, { destination: ['sip:x@127.0.0.1:9;transport=tls'] });
    place(nowhere.caller);
    await nowhere.caller.next('INVITE 500');
  });

  it('restarts timer C at each 1xx and withdraws when it runs out', async () => {
    const timers = { ...SHORT.timers, c: 1000 };
    const { caller, callees } = await startScene(1, {}, { timers });
    place(caller);
    const callee = at(callees, 0);
    const invite = await callee.next('INVITE');
    const began = Date.now();
    answer(callee, invite, 180, 'Ringing');
    await pause(400);
    answer(callee, invite, 183, 'Session Progress');
    const cancel = await callee.next('CANCEL');
    expect(Date.now() - began).toBeGreaterThanOrEqual(1390);
    answer(callee, cancel, 200, 'OK');
    answer(callee, invite, 487, 'Request Terminated');
    await caller.next('INVITE 408');
  });
});

describe('simultaneous forking', () => {
  it('cancels the losers', async () => {
    const { caller, callees, result } = await startScene(3, { forking: 'simultaneous' }, SHORT);
    place(caller);
    const invites = await Promise.all(callees.map((callee) => callee.next('INVITE')));
    for (const [index, invite] of invites.entries()) answer(at(callees, index), invite, 180, 'Ringing');
    await until(() => caller.count('INVITE 180') === 3);
    answer(at(callees, 1), invites[1] as Text, 200, 'OK', { body: sdp('winner') });
    expect((await caller.next('INVITE 200')).body).toBe(sdp('winner'));
    expect(await result).toMatchObject({ connected: true });
    for (const index of [0, 2]) {
      const callee = at(callees, index);
      const cancel = await callee.next('CANCEL');
      expect(cancel.header('Reason')).toContain('cause=200');
      answer(callee, cancel, 200, 'OK');
      answer(callee, invites[index] as Text, 487, 'Request Terminated');
      await callee.next('ACK');
    }
    expect(at(callees, 1).count('CANCEL')).toBe(0);
    await allGone();
    expect(caller.count('INVITE 487')).toBe(0);
  });

  it('passes the 2xx of two branches, and their repetitions', async () => {
    const { caller, callees, result } = await startScene(2, { forking: 'simultaneous' });
    place(caller);
    const invites = await Promise.all(callees.map((callee) => callee.next('INVITE')));
    const both = callees.map((callee, index) => ({ callee, invite: invites[index] as Text }));
    for (const { callee, invite } of both) answer(callee, invite, 200, 'OK', { body: sdp(), tag: 'same' });
    await until(() => caller.count('INVITE 200') === 2);
    for (const { callee, invite } of both) answer(callee, invite, 200, 'OK', { body: sdp(), tag: 'same' });
    await until(() => caller.count('INVITE 200') === 4);
    expect(statuses((await result) as Result)).toEqual([200]);
  });

  it('waits for all at 6xx, cancelling them, and passes it', async () => {
    const { caller, callees } = await startScene(2, { forking: 'simultaneous' });
    place(caller);
    const invites = await Promise.all(callees.map((callee) => callee.next('INVITE')));
    answer(at(callees, 0), invites[0] as Text, 180, 'Ringing');
    await caller.next('INVITE 180');
    answer(at(callees, 1), invites[1] as Text, 600, 'Busy Everywhere');
    const cancel = await at(callees, 0).next('CANCEL');
    expect(caller.count('INVITE 600')).toBe(0);
    answer(at(callees, 0), cancel, 200, 'OK');
    answer(at(callees, 0), invites[0] as Text, 487, 'Request Terminated');
    await caller.next('INVITE 600');
  });

  it('collects the challenges of all, and sends the credentials to who asked', async () => {
    const { caller, callees } = await startScene(3, { forking: 'simultaneous' });
    const { call, branch } = place(caller);
    const challenge = (realm: string): Options => ({
      headers: [`Proxy-Authenticate: Digest realm="${realm}", nonce="n"`],
    });
    await answerNext(at(callees, 0), 407, 'Proxy Authentication Required', challenge('a'));
    await answerNext(at(callees, 1), 404, 'Not Found');
    await answerNext(at(callees, 2), 407, 'Proxy Authentication Required', challenge('c'));
    const refusal = await caller.next('INVITE 407');
    expect(refusal.headers('Proxy-Authenticate')).toEqual([
      'Digest realm="a", nonce="n"',
      'Digest realm="c", nonce="n"',
    ]);
    ackRefusal(caller, call, branch, refusal);
    caller.send(call.invite({ headers: ['Proxy-Authorization: Digest realm="a"'] }), harness.port);
    await answerNext(at(callees, 0), 200, 'OK');
    await at(callees, 2).next('INVITE');
    await caller.next('INVITE 200');
    expect(at(callees, 1).count('INVITE')).toBe(1);
  });
});

describe('a challenge in a series', () => {
  it('ends the search; the credentials go to the same destination', async () => {
    const { caller, callees, result } = await startScene(3);
    const { call, branch } = place(caller);
    await answerNext(at(callees, 0), 404, 'Not Found');
    await answerNext(at(callees, 1), 407, 'Proxy Authentication Required', {
      headers: ['Proxy-Authenticate: Digest realm="b", nonce="n"'],
    });
    const refusal = await caller.next('INVITE 407');
    expect(await result).toMatchObject({ connected: false, finalStatus: 407 });
    ackRefusal(caller, call, branch, refusal);
    caller.send(call.invite({ headers: ['Proxy-Authorization: Digest realm="b"'] }), harness.port);
    const retry = await answerNext(at(callees, 1), 200, 'OK');
    expect(retry.header('CSeq')).toBe('2 INVITE');
    await caller.next('INVITE 200');
    expect(at(callees, 0).count('INVITE')).toBe(1);
    expect(at(callees, 2).count('INVITE')).toBe(0);
  });
});

describe('a redirection', () => {
  it('is followed by preference, each target once', async () => {
    const { caller, callees, result } = await startScene(2, { followRedirects: true });
    const moved = [await harness.peer(), await harness.peer()];
    place(caller);
    await answerNext(at(callees, 0), 302, 'Moved Temporarily', {
      contact: false,
      headers: [
        `Contact: <${uriOf(at(moved, 0))}>;q=0.2, <${uriOf(at(moved, 1))}?Subject=x>;q=0.7`,
        `Contact: <${uriOf(at(callees, 0))}>`,
        'Contact: <tel:+15551234>',
      ],
    });
    const preferred = await answerNext(at(moved, 1), 486, 'Busy Here');
    expect(preferred.startLine).toBe(`INVITE ${uriOf(at(moved, 1))} SIP/2.0`);
    await answerNext(at(moved, 0), 486, 'Busy Here');
    await answerNext(at(callees, 1), 200, 'OK');
    await caller.next('INVITE 200');
    expect(at(callees, 0).count('INVITE')).toBe(1);
    expect(statuses((await result) as Result)).toEqual([302, 486, 486, 200]);
  });

  it('is passed on when it is not to be followed', async () => {
    const { caller, callees } = await startScene(1);
    place(caller);
    await answerNext(at(callees, 0), 302, 'Moved Temporarily', {
      contact: false,
      headers: ['Contact: <sip:there@192.0.2.1>'],
    });
    expect((await caller.next('INVITE 302')).header('Contact')).toBe('<sip:there@192.0.2.1>');
  });

  it('is followed ten times at most', async () => {
    const { caller, callees } = await startScene(1, { followRedirects: true });
    const callee = at(callees, 0);
    place(caller);
    for (let turn = 0; turn <= 10; turn += 1) {
      await answerNext(callee, 302, 'Moved Temporarily', {
        contact: false,
        headers: [`Contact: <sip:turn${turn}@127.0.0.1:${callee.port}>`],
      });
    }
    expect((await caller.next('INVITE 302')).header('Contact')).toContain('turn10');
    expect(callee.count('INVITE')).toBe(11);
  });
});

describe('CANCEL of the caller', () => {
  it('gets 200, withdraws whoever rings, and 487 comes from there', async () => {
    const { caller, callees, result } = await startScene(2, {}, SHORT);
    const { call, branch } = place(caller);
    const callee = at(callees, 0);
    const invite = await callee.next('INVITE');
    answer(callee, invite, 180, 'Ringing');
    await caller.next('INVITE 180');
    caller.send(call.request('CANCEL', { branch, headers: ['Reason: SIP;cause=480'] }), harness.port);
    await caller.next('CANCEL 200');
    const cancel = await callee.next('CANCEL');
    expect(cancel.header('Reason')).toBe('SIP;cause=480');
    expect(cancel.startLine.split(' ')[1]).toBe(invite.startLine.split(' ')[1]);
    answer(callee, cancel, 200, 'OK');
    expect(caller.count('INVITE 487')).toBe(0);
    answer(callee, invite, 487, 'Gone');
    const terminated = await caller.next('INVITE 487');
    expect(terminated.startLine).toBe('SIP/2.0 487 Gone');
    ackRefusal(caller, call, branch, terminated);
    expect(await result).toMatchObject({ connected: false, finalStatus: 487 });
    expect(at(callees, 1).count('INVITE')).toBe(0);
    await allGone();
  });

  it('is held back until the callee has said something', async () => {
    const { caller, callees } = await startScene(1, {}, SHORT);
    const { call, branch } = place(caller);
    const callee = at(callees, 0);
    await callee.next('INVITE');
    caller.send(call.request('CANCEL', { branch }), harness.port);
    await caller.next('CANCEL 200');
    await pause(60);
    expect(callee.count('CANCEL')).toBe(0);
    const again = await callee.next('INVITE');
    answer(callee, again, 100, 'Trying');
    await callee.next('CANCEL');
    answer(callee, again, 487, 'Request Terminated');
    await caller.next('INVITE 487');
  });

  it('ends in 487 though nobody answers it', async () => {
    const { caller, callees } = await startScene(1, {}, { timers: { t1: 10, t2: 40, t4: 50 } });
    const { call, branch } = place(caller);
    const callee = at(callees, 0);
    answer(callee, await callee.next('INVITE'), 180, 'Ringing');
    await caller.next('INVITE 180');
    caller.send(call.request('CANCEL', { branch }), harness.port);
    const terminated = await caller.next('INVITE 487');
    ackRefusal(caller, call, branch, terminated);
    await allGone();
  });

  it('loses against a 200 that crosses it', async () => {
    const { caller, callees } = await startScene(1);
    const { call, branch } = place(caller);
    const callee = at(callees, 0);
    const invite = await callee.next('INVITE');
    answer(callee, invite, 180, 'Ringing');
    await caller.next('INVITE 180');
    caller.send(call.request('CANCEL', { branch }), harness.port);
    await callee.next('CANCEL');
    answer(callee, invite, 200, 'OK');
    await caller.next('INVITE 200');
    expect(caller.count('INVITE 487')).toBe(0);
  });
});

describe('staying in the dialog', () => {
  /** Route lines of the caller, of the callee, from the Record-Route of a message as each sees it. */
  const routesFor = (message: Text, side: 'caller' | 'callee'): string[] => {
    const records = message.headers('Record-Route').flatMap((line) => line.split(/,\s*/));
    return (side === 'caller' ? records.reverse() : records).map((route) => `Route: ${route}`);
  };

  it('relays ACK, re-INVITE and BYE both ways', async () => {
    const { caller, callees } = await startScene(1, { remainInDialog: true });
    const callee = at(callees, 0);
    const { call } = place(caller);
    const invite = await callee.next('INVITE');
    expect(invite.header('Record-Route')).toMatch(
      new RegExp(`^<sip:[\\w.-]+@127\\.0\\.0\\.1:${harness.port};lr>$`),
    );
    const far = answer(callee, invite, 200, 'OK', { body: sdp('answer') });
    const ok = await caller.next('INVITE 200');
    call.remoteTag = tagIn(ok.header('To'));
    call.remoteTarget = `sip:peer@127.0.0.1:${callee.port}`;
    const headers = routesFor(ok, 'caller');
    caller.send(call.request('ACK', { headers }), harness.port);
    const ack = await callee.next('ACK');
    expect(ack.headers('Route')).toEqual([]);
    expect(ack.startLine).toBe(`ACK sip:peer@127.0.0.1:${callee.port} SIP/2.0`);
    expect(ack.header('Max-Forwards')).toBe('69');
    expect(ack.headers('Via')).toHaveLength(2);

    // The caller's re-INVITE is refused: the ACK goes the same way, with the branch of its INVITE.
    const branch = newBranch();
    caller.send(call.request('INVITE', { headers, branch, body: sdp('hold') }), harness.port);
    const again = await callee.next('INVITE');
    answer(callee, again, 100, 'Trying');
    answer(callee, again, 488, 'Not Acceptable Here');
    await caller.next('INVITE 100');
    const refusal = await caller.next('INVITE 488');
    expect(refusal.headers('Via')).toHaveLength(1);
    caller.send(call.request('ACK', { headers, branch, cseq: 2 }), harness.port);
    expect((await callee.next('ACK')).header('Via')).toBe(again.header('Via'));

    // A repetition is the same request to the callee.
    const info = call.request('INFO', { headers });
    caller.send(info, harness.port);
    caller.send(info, harness.port);
    const [first, second] = [await callee.next('INFO'), await callee.next('INFO')];
    expect(first.header('Via')).toBe(second.header('Via'));
    answer(callee, first, 200, 'OK');
    await caller.next('INFO 200');

    far.remoteTag = tagIn(invite.header('From'));
    far.remoteTarget = `sip:peer@127.0.0.1:${caller.port}`;
    const localTag = tagIn(ok.header('To'));
    const back = createCall(callee, harness.port, { id: call.id, localTag, remoteTag: far.remoteTag });
    back.remoteTarget = far.remoteTarget;
    callee.send(back.request('BYE', { headers: routesFor(invite, 'callee') }), harness.port);
    const bye = await caller.next('BYE');
    expect(bye.headers('Route')).toEqual([]);
    expect(bye.header('Via')).toContain(`:${harness.port};`);
    caller.send(createCall(caller, harness.port, { id: call.id }).respond(bye, 200, 'OK'), harness.port);
    expect((await callee.next('BYE 200')).headers('Via')).toHaveLength(1);
    expect((await harness.engine.stats()).proxiedRequests).toBe(0);
  });

  it('puts right what a strict router before it has sent, and follows one behind it', async () => {
    const { caller, callees } = await startScene(1, { remainInDialog: true });
    const callee = at(callees, 0);
    const strict = await harness.peer();
    const { call } = place(caller);
    await answerNext(callee, 200, 'OK');
    const ok = await caller.next('INVITE 200');
    call.remoteTag = tagIn(ok.header('To'));
    const [own = ''] = ok.headers('Record-Route');
    const uri = own.slice(1, -1);
    const target = `Route: <sip:peer@127.0.0.1:${callee.port}>`;
    caller.send(call.request('INFO', { uri, headers: [target] }), harness.port);
    const info = await callee.next('INFO');
    expect(info.startLine).toBe(`INFO sip:peer@127.0.0.1:${callee.port} SIP/2.0`);
    expect(info.headers('Route')).toEqual([]);

    call.remoteTarget = `sip:peer@127.0.0.1:${callee.port}`;
    const headers = [`Route: ${own}, <sip:127.0.0.1:${strict.port}>, <sip:192.0.2.9;lr>`];
    caller.send(call.request('INFO', { headers }), harness.port);
    const stricter = await strict.next('INFO');
    expect(stricter.startLine).toBe(`INFO sip:127.0.0.1:${strict.port} SIP/2.0`);
    expect(stricter.headers('Route')).toEqual(['<sip:192.0.2.9;lr>', `<sip:peer@127.0.0.1:${callee.port}>`]);
  });

  it('relays nothing for whoever makes up a Route, and no response that it did not ask for', async () => {
    const { caller, callees } = await startScene(1);
    const callee = at(callees, 0);
    const call = createCall(caller, harness.port, { remoteTag: 'made-up' });
    call.remoteTarget = `sip:peer@127.0.0.1:${callee.port}`;
    for (const user of ['', 'AAAAAAAAAAAA@'])
      caller.send(
        call.request('INFO', { headers: [`Route: <sip:${user}127.0.0.1:${harness.port};lr>`] }),
        harness.port,
      );
    await caller.next('INFO 481');
    await caller.next('INFO 481');
    const forged = call
      .respond(read(call.request('INFO')), 200, 'OK')
      .replace('Via:', `Via: SIP/2.0/UDP 127.0.0.1:${harness.port};branch=z9hG4bK0.AAAAAAAAAAAA.s\r\nVia:`)
      .replace(`127.0.0.1:${caller.port};branch`, `127.0.0.1:${callee.port};branch`);
    caller.send(forged, harness.port);
    await pause(100);
    expect(callee.log).toEqual([]);
  });

  it('refuses what has come too far', async () => {
    const { caller, callees } = await startScene(1, { remainInDialog: true });
    const { call } = place(caller);
    await answerNext(at(callees, 0), 200, 'OK');
    const ok = await caller.next('INVITE 200');
    call.remoteTag = tagIn(ok.header('To'));
    call.remoteTarget = `sip:peer@127.0.0.1:${at(callees, 0).port}`;
    const bye = call.request('BYE', { headers: routesFor(ok, 'caller') });
    caller.send(bye.replace('Max-Forwards: 70', 'Max-Forwards: 0'), harness.port);
    await caller.next('BYE 483');
    expect(at(callees, 0).count('BYE')).toBe(0);
  });
});

describe('other requests', () => {
  it.each(['MESSAGE', 'OPTIONS'])('%s goes through, refused or accepted', async (method) => {
    const { caller, callees, result } = await startScene(2, {}, SHORT, method.toLowerCase());
    const call = createCall(caller, harness.port);
    caller.send(call.request(method), harness.port);
    const first = await at(callees, 0).next(method);
    answer(at(callees, 0), first, 404, 'Not Found');
    const second = await at(callees, 1).next(method);
    answer(at(callees, 1), second, 202, 'Accepted');
    const accepted = await caller.next(`${method} 202`);
    expect(accepted.headers('Via')).toHaveLength(1);
    expect(statuses((await result) as Result)).toEqual([404, 202]);
    expect(at(callees, 0).count('ACK')).toBe(0);
    await allGone();
  });

  it('gives a REGISTER a Path', async () => {
    const { caller, callees } = await startScene(1, { remainInDialog: true }, {}, 'register');
    caller.send(createCall(caller, harness.port).request('REGISTER'), harness.port);
    const register = await at(callees, 0).next('REGISTER');
    expect(register.header('Path')).toContain(`@127.0.0.1:${harness.port};lr>`);
    expect(register.headers('Record-Route')).toEqual([]);
  });

  it('says nothing of a request that takes too long', async () => {
    const { caller, callees, result } = await startScene(
      1,
      {},
      { timers: { t1: 10, t2: 40, t4: 50 } },
      'message',
    );
    caller.send(createCall(caller, harness.port).request('MESSAGE'), harness.port);
    await at(callees, 0).next('MESSAGE');
    expect(await result).toMatchObject({ connected: false });
    await allGone();
    expect(caller.log.map(({ startLine }) => startLine)).toEqual([]);
  });

  it('gets 483 when it may go no further, and 420 for extensions that a proxy would need', async () => {
    const { caller, callees, result } = await startScene(1);
    const call = createCall(caller, harness.port);
    caller.send(call.invite().replace('Max-Forwards: 70', 'Max-Forwards: 0'), harness.port);
    await caller.next('INVITE 483');
    place(caller, { headers: ['Proxy-Require: privacy'] });
    expect((await caller.next('INVITE 420')).header('Unsupported')).toBe('privacy');
    expect(await result).toContain('Proxy-Require');
    expect(at(callees, 0).log).toEqual([]);
  });

  it('keeps a Request-URI of somebody else, and takes our own Route away', async () => {
    const { caller, callees } = await startScene(1);
    const headers = [`Route: <sip:127.0.0.1:${harness.port};lr>`];
    place(caller, { uri: 'sip:someone@example.com', headers });
    const invite = await at(callees, 0).next('INVITE');
    expect(invite.startLine).toBe('INVITE sip:someone@example.com SIP/2.0');
    expect(invite.headers('Route')).toEqual([]);
  });
});

/** A SIP peer at the far end of one TCP connection. */
const readStream = (socket: Socket): ((what: string) => Promise<Text>) => {
  let text = '';
  let seen: Text[] = [];
  socket.on('data', (chunk) => {
    text += String(chunk);
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const size = Number(/content-length:\s*(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
      if (text.length < end + 4 + size) return;
      if (end > 0) seen.push(read(text.slice(0, end + 4 + size)));
      text = text.slice(end + 4 + size);
    }
  });
  return async (what) => {
    const fits = (message: Text): boolean =>
      message.status === 0
        ? message.method === what
        : `${message.header('CSeq').split(' ')[1]} ${message.status}` === what;
    await until(() => seen.some(fits));
    const found = seen.find(fits);
    seen = seen.filter((message) => message !== found);
    return found as Text;
  };
};

const BOTH: Partial<SipEngineOptions> = {
  listen: [
    { protocol: 'udp', address: '127.0.0.1', port: 0 },
    { protocol: 'tcp', address: '127.0.0.1', port: 0 },
  ],
};

const tcpPort = (): number => Number(harness.engine.hostports[1]?.split(':').at(-1));

describe('between transports', () => {
  it('goes from UDP to TCP with two Record-Routes, and back', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const destination = [`sip:callee@127.0.0.1:${port};transport=tcp`];
    const { caller } = await startScene(0, { remainInDialog: true, destination }, BOTH);
    const { call } = place(caller);
    const [socket] = (await once(server, 'connection')) as [Socket];
    closers.push(() => socket.destroy());
    const next = readStream(socket);
    const invite = await next('INVITE');
    expect(invite.header('Via')).toMatch(/^SIP\/2.0\/TCP /);
    const records = invite.headers('Record-Route');
    expect(records[0]).toContain(`:${tcpPort()};transport=tcp;lr>`);
    expect(records[1]).toContain(`:${harness.port};lr>`);
    const far = createCall(caller, harness.port);
    const contact = `Contact: <sip:callee@127.0.0.1:${port};transport=tcp>`;
    socket.write(far.respond(invite, 200, 'OK', { contact: false, headers: [contact] }));
    const ok = await caller.next('INVITE 200');
    call.remoteTag = tagIn(ok.header('To'));
    call.remoteTarget = `sip:callee@127.0.0.1:${port};transport=tcp`;
    const headers = ok
      .headers('Record-Route')
      .reverse()
      .map((route) => `Route: ${route}`);
    caller.send(call.request('ACK', { headers }), harness.port);
    const ack = await next('ACK');
    expect(ack.headers('Route')).toEqual([]);
    const bye = createCall(caller, harness.port, { id: call.id, localTag: call.remoteTag, remoteTag: 'x' });
    bye.remoteTarget = `sip:peer@127.0.0.1:${caller.port}`;
    const routes = records.map((route) => `Route: ${route}`);
    socket.write(bye.request('BYE', { headers: routes }).replace('Via: SIP/2.0/UDP', 'Via: SIP/2.0/TCP'));
    const seen = await caller.next('BYE');
    expect(seen.header('Via')).toMatch(/^SIP\/2.0\/UDP /);
    caller.send(far.respond(seen, 200, 'OK'), harness.port);
    expect((await next('BYE 200')).headers('Via')).toHaveLength(1);
  });

  it('reaches a caller behind its connection, whatever its Contact says', async () => {
    const { callees } = await startScene(1, { remainInDialog: true }, BOTH);
    const socket = connect(tcpPort(), '127.0.0.1');
    closers.push(() => socket.destroy());
    const next = readStream(socket);
    const callee = at(callees, 0);
    const call = createCall(callee, harness.port);
    const contact = 'Contact: <sip:hidden@192.0.2.77;transport=tcp>';
    socket.write(
      call.invite({ contact: false, headers: [contact] }).replace('Via: SIP/2.0/UDP', 'Via: SIP/2.0/TCP'),
    );
    const invite = await answerNext(callee, 200, 'OK', { tag: 'far' });
    await next('INVITE 200');
    const back = createCall(callee, harness.port, { id: call.id, localTag: 'far' });
    back.remoteTag = tagIn(invite.header('From'));
    back.remoteTarget = 'sip:hidden@192.0.2.77;transport=tcp';
    const headers = invite.headers('Record-Route').map((route) => `Route: ${route}`);
    callee.send(back.request('BYE', { headers }), harness.port);
    const bye = await next('BYE');
    expect(bye.startLine).toBe('BYE sip:hidden@192.0.2.77;transport=tcp SIP/2.0');
    socket.write(back.respond(bye, 200, 'OK'));
    await callee.next('BYE 200');
  });

  it('reaches whoever has registered over a connection, also later in the dialog', async () => {
    const destination = ['sip:phone@192.0.2.78;transport=tcp'];
    const { caller } = await startScene(0, { remainInDialog: true, destination }, BOTH);
    const contact = 'Contact: <sip:phone@192.0.2.78;transport=tcp>';
    harness.srf.use('register', (req, res) =>
      res.send(200, { headers: { Contact: `${req.get('Contact')};expires=60` } }),
    );
    const socket = connect(tcpPort(), '127.0.0.1');
    closers.push(() => socket.destroy());
    const next = readStream(socket);
    const phone = createCall(caller, harness.port);
    const register = phone.request('REGISTER', { contact: false, headers: [contact] });
    await until(async () => {
      socket.write(register.replace('UDP', 'TCP').replace(/branch=[^\r;]+/, `branch=${newBranch()}`));
      await pause(50);
      return (await harness.engine.stats()).registeredFlows === 1;
    });
    const { call } = place(caller);
    const invite = await next('INVITE');
    expect(invite.startLine).toBe('INVITE sip:phone@192.0.2.78;transport=tcp SIP/2.0');
    socket.write(phone.respond(invite, 200, 'OK', { contact: false, headers: [contact] }));
    const ok = await caller.next('INVITE 200');
    call.remoteTag = tagIn(ok.header('To'));
    call.remoteTarget = 'sip:phone@192.0.2.78;transport=tcp';
    const headers = ok
      .headers('Record-Route')
      .reverse()
      .map((route) => `Route: ${route}`);
    caller.send(call.request('ACK', { headers }), harness.port);
    await next('ACK');
  });

  it('answers a caller whose connection is lost at the port it has named', async () => {
    const { callees, result } = await startScene(1, {}, BOTH);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const socket = connect(tcpPort(), '127.0.0.1');
    const callee = at(callees, 0);
    const via = new RegExp(`Via: SIP/2.0/UDP 127.0.0.1:${callee.port}`);
    const call = createCall(callee, harness.port);
    socket.write(call.invite().replace(via, `Via: SIP/2.0/TCP 127.0.0.1:${port}`));
    const invite = await callee.next('INVITE');
    socket.destroy();
    await until(async () => (await harness.engine.stats()).connections === 0);
    answer(callee, invite, 200, 'OK');
    const [back] = (await once(server, 'connection')) as [Socket];
    closers.push(() => back.destroy());
    await readStream(back)('INVITE 200');
    expect(await result).toMatchObject({ connected: true });
  });

  it('takes TCP for what is too large for UDP, and UDP when nobody listens there', async () => {
    const { caller, callees } = await startScene(1, {}, { ...BOTH, mtu: 900 });
    place(caller, { headers: [`X-Long: ${'x'.repeat(700)}`] });
    const invite = await answerNext(at(callees, 0), 200, 'OK');
    expect(invite.header('Via')).toMatch(/^SIP\/2.0\/UDP /);
    await caller.next('INVITE 200');
  });
});

describe('the end of the engine', () => {
  it('refuses callers and withdraws whoever rings', async () => {
    const { caller, callees } = await startScene(1);
    place(caller);
    const callee = at(callees, 0);
    answer(callee, await callee.next('INVITE'), 180, 'Ringing');
    await caller.next('INVITE 180');
    const closing = harness.engine.close();
    await caller.next('INVITE 503');
    await callee.next('CANCEL');
    await closing;
  });
});
