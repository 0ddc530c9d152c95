import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { type AppSocket, join } from './app-socket.ts';
import { calleeOf, type Harness, pause, startHarness, until } from './harness.ts';
import { createCall, newBranch, type Peer, read, sdp, type Text, tagIn } from './peer.ts';
import { answered, arrive, command, place, responseTo, ring } from './raw-call.ts';

const SHORT = { timers: { t1: 40, t2: 80, t4: 100 } };
let harness: Harness;
afterEach(() => harness?.close());

const start = async (options: object = {}): Promise<{ app: AppSocket; peer: Peer }> => {
  harness = await startHarness(options);
  const app = await join(harness.engine.admin.port, ['invite', 'refer', 'subscribe', 'notify', 'message']);
  return { app, peer: await harness.peer() };
};

const dialogs = async (): Promise<number> => (await harness.engine.stats()).dialogs;

/** A request of the peer that the application answers with 200. */
const exchange = async (app: AppSocket, peer: Peer, text: string, status = '200 OK'): Promise<void> => {
  const method = text.slice(0, text.indexOf(' '));
  peer.send(text, harness.port);
  const { fields } = await app.request(method);
  await command(app, `${fields[8]}|`, [`SIP/2.0 ${status}`]);
  await peer.next(`${method} ${status.slice(0, 3)}`);
};

describe('routes', () => {
  it('a first route without lr is a strict router: it is the Request-URI, the target the last Route', async () => {
    const { app, peer } = await start();
    const headers = [
      'Record-Route: <sip:last@192.0.2.7;lr>',
      `Record-Route: <sip:strict@127.0.0.1:${peer.port}>`,
    ];
    const { dialogId, call } = await place(harness, app, peer, { headers });
    await command(app, `|${dialogId}`, ['INFO sip:placeholder SIP/2.0']);
    const info = await peer.next('INFO');
    expect(info.startLine).toBe(`INFO sip:strict@127.0.0.1:${peer.port} SIP/2.0`);
    expect(info.headers('Route')).toEqual(['<sip:last@192.0.2.7;lr>', `<sip:peer@127.0.0.1:${peer.port}>`]);
    peer.send(call.respond(info, 200, 'OK'), harness.port);
  });

  it('of an incoming call are followed in the order of its Record-Route, and repeated in our 200', async () => {
    const { app, peer } = await start();
    const routes = [`<sip:127.0.0.1:${peer.port};lr>`, '<sip:192.0.2.8;lr>'];
    const { call, txn, dialogId } = await arrive(harness, app, peer, {
      headers: routes.map((route) => `Record-Route: ${route}`),
    });
    await command(app, `${txn}|`, ['SIP/2.0 200 OK'], sdp());
    const ok = await peer.next('INVITE 200');
    expect(ok.headers('Record-Route')).toEqual(routes);
    call.remoteTag = tagIn(ok.header('To'));
    peer.send(call.request('ACK'), harness.port);
    await app.request('ACK');
    await command(app, `|${dialogId}`, ['BYE sip:placeholder SIP/2.0']);
    const bye = await peer.next('BYE');
    expect(bye.headers('Route')).toEqual(routes);
    expect(bye.startLine).toBe(`BYE sip:peer@127.0.0.1:${peer.port} SIP/2.0`);
    peer.send(call.respond(bye, 200, 'OK'), harness.port);
  });
});

it('over IPv6 every address of ours stands in brackets, and those of the peer are understood', async () => {
  harness = await startHarness({ listen: [{ protocol: 'udp', address: '::1', port: 0 }] });
  const app = await join(harness.engine.admin.port);
  const socket = createSocket('udp6');
  socket.bind(0, '::1');
  await once(socket, 'listening');
  const here = `[::1]:${socket.address().port}`;
  const next = async (): Promise<Text> => {
    const [bytes] = await once(socket, 'message');
    return read(String(bytes));
  };
  const fields = await command(
    app,
    '|',
    [`INVITE sip:bob@${here} SIP/2.0`, 'From: <sip:100@localhost>'],
    sdp(),
  );
  const invite = await next();
  const ours = `[::1]:${harness.port}`;
  expect(invite.header('Via')).toContain(`SIP/2.0/UDP ${ours};`);
  expect(invite.header('Contact')).toBe(`<sip:${ours}>`);
  expect(invite.header('From')).toContain(`<sip:100@${ours}>`);
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${invite.header(name)}`);
  const to = `To: ${invite.header('To')};tag=six`;
  const lines = ['SIP/2.0 200 OK', ...copied, to, `Contact: <sip:bob@${here}>`, 'Content-Length: 0', '', ''];
  socket.send(lines.join('\r\n'), harness.port, '::1');
  const answer = await responseTo(app, fields[10] ?? '', 200);
  expect(answer.fields[5]).toBe('::1');
  const acknowledged = next();
  await command(app, `|${answer.fields[9]}`, ['ACK sip:placeholder SIP/2.0']);
  expect((await acknowledged).startLine).toBe(`ACK sip:bob@${here} SIP/2.0`);
  socket.close();
});

describe('a peer whose Contact is not where it sends from', () => {
  const HIDDEN = { contact: false, headers: ['Contact: <sip:phone@10.1.2.3:5062>'] };

  it('is reached where it sends from, its Contact being the Request-URI', async () => {
    const { app, peer } = await start();
    const { dialogId } = await answered(harness, app, peer, HIDDEN);
    await command(app, `|${dialogId}`, ['BYE sip:placeholder SIP/2.0']);
    expect((await peer.next('BYE')).startLine).toBe('BYE sip:phone@10.1.2.3:5062 SIP/2.0');
  });

  it('is followed when its address changes', async () => {
    const { app, peer } = await start();
    const { call, dialogId } = await answered(harness, app, peer, HIDDEN);
    const moved = await harness.peer();
    await exchange(app, moved, call.request('UPDATE', HIDDEN));
    await command(app, `|${dialogId}`, ['BYE sip:placeholder SIP/2.0']);
    await moved.next('BYE');
  });

  it('is taken by its word where that is asked for, but not with ;ob (RFC 5626)', async () => {
    const { app, peer } = await start({ natDetection: false });
    const { dialogId } = await answered(harness, app, peer, {
      contact: false,
      headers: ['Contact: <sip:phone@10.1.2.3:5062;ob>'],
    });
    await command(app, `|${dialogId}`, ['INFO sip:placeholder SIP/2.0']);
    await peer.next('INFO');
    const elsewhere = await harness.peer();
    const second = await answered(harness, app, peer, {
      contact: false,
      headers: [`Contact: <sip:phone@127.0.0.1:${elsewhere.port}>`],
    });
    await command(app, `|${second.dialogId}`, ['INFO sip:placeholder SIP/2.0']);
    await elsewhere.next('INFO');
  });
});

describe('an early dialog', () => {
  it('of the caller: its UPDATE is delivered, a second one meanwhile gets 500, and the call goes on', async () => {
    const { app, peer } = await start();
    const { call, txn, dialogId } = await arrive(harness, app, peer, { headers: ['Supported: 100rel'] });
    await command(app, `${txn}|`, ['SIP/2.0 183 Session Progress'], sdp());
    call.remoteTag = tagIn((await peer.next('INVITE 183')).header('To'));
    peer.send(call.request('UPDATE', { body: sdp('early') }), harness.port);
    const update = await app.request('UPDATE');
    expect(update.fields[9]).toBe(dialogId);
    peer.send(call.request('UPDATE', { body: sdp('too early') }), harness.port);
    expect((await peer.next('UPDATE 500')).header('Retry-After')).not.toBe('');
    await command(app, `${update.fields[8]}|`, ['SIP/2.0 200 OK'], sdp('answer'));
    expect((await peer.next('UPDATE 200')).body).toContain('s=answer');
    await command(app, `${txn}|`, ['SIP/2.0 200 OK'], sdp());
    await peer.next('INVITE 200');
  });

  it('of a call of ours: UPDATE goes both ways', async () => {
    const { app, peer } = await start();
    const { call, txn, invite, dialogId } = await ring(harness, app, peer);
    peer.send(call.respond(invite, 183, 'Session Progress', { body: sdp() }), harness.port);
    await responseTo(app, txn, 183);
    await exchange(app, peer, call.request('UPDATE', { body: sdp('theirs') }));
    const fields = await command(app, `|${dialogId}`, ['UPDATE sip:placeholder SIP/2.0'], sdp('ours'));
    const update = await peer.next('UPDATE');
    expect([update.body.includes('s=ours'), update.header('Contact') !== '']).toEqual([true, true]);
    peer.send(call.respond(update, 200, 'OK', { body: sdp() }), harness.port);
    await responseTo(app, fields[10] ?? '', 200);
    peer.send(call.respond(invite, 200, 'OK', { body: sdp() }), harness.port);
    await responseTo(app, txn, 200);
  });

  it('INFO, MESSAGE and OPTIONS of it are delivered with its id', async () => {
    const { app, peer } = await start();
    const { call, txn, dialogId } = await arrive(harness, app, peer);
    await command(app, `${txn}|`, ['SIP/2.0 180 Ringing']);
    call.remoteTag = tagIn((await peer.next('INVITE 180')).header('To'));
    for (const method of ['INFO', 'MESSAGE', 'OPTIONS']) {
      peer.send(call.request(method), harness.port);
      const { fields } = await app.request(method);
      expect(fields[9]).toBe(dialogId);
      await command(app, `${fields[8]}|`, ['SIP/2.0 200 OK']);
      await peer.next(`${method} 200`);
    }
  });
});

describe('REFER', () => {
  it('outside dialogs makes one, in which NOTIFY tells how it goes; the last one ends it', async () => {
    const { app, peer } = await start();
    const call = createCall(peer, harness.port);
    peer.send(call.request('REFER', { toTag: '', headers: ['Refer-To: <sip:x@192.0.2.1>'] }), harness.port);
    const refer = await app.request('REFER');
    const reply = await command(app, `${refer.fields[8]}|`, ['SIP/2.0 202 Accepted']);
    const accepted = await peer.next('REFER 202');
    expect(accepted.header('Contact')).not.toBe('');
    const dialogId = reply[11] ?? '';
    expect([dialogId.startsWith(`${call.id};from-tag=`), await dialogs()]).toEqual([true, 1]);
    call.remoteTag = tagIn(accepted.header('To'));
    for (const state of ['active;expires=60', 'terminated;reason=noresource']) {
      await command(app, `|${dialogId}`, [
        'NOTIFY sip:placeholder SIP/2.0',
        'Event: refer',
        `Subscription-State: ${state}`,
      ]);
      const notify = await peer.next('NOTIFY');
      expect(notify.header('Contact')).not.toBe('');
      peer.send(call.respond(notify, 200, 'OK'), harness.port);
      await until(async () => (await harness.engine.stats()).clientTransactions <= 2);
    }
    await until(async () => (await dialogs()) === 0);
  });

  it('that wants no subscription makes none (RFC 4488)', async () => {
    const { app, peer } = await start();
    peer.send(
      createCall(peer, harness.port).request('REFER', { toTag: '', headers: ['Refer-Sub: false'] }),
      harness.port,
    );
    const refer = await app.request('REFER');
    await command(app, `${refer.fields[8]}|`, ['SIP/2.0 202 Accepted', 'Refer-Sub: false']);
    await peer.next('REFER 202');
    expect(await dialogs()).toBe(0);
  });

  it('of ours outside dialogs: its NOTIFYs are delivered, also those that overtake the 202', async () => {
    const { app, peer } = await start();
    const lines = [`REFER sip:peer@127.0.0.1:${peer.port} SIP/2.0`, 'Refer-To: <sip:x@192.0.2.1>'];
    const fields = await command(app, '|', lines);
    const refer = await peer.next('REFER');
    expect(refer.header('Contact')).not.toBe('');
    const call = calleeOf(harness, peer, refer);
    const notify = (state: string): string =>
      call.request('NOTIFY', { headers: ['Event: refer', `Subscription-State: ${state}`] });
    await exchange(app, peer, notify('active;expires=60'));
    peer.send(call.respond(refer, 202, 'Accepted'), harness.port);
    await responseTo(app, fields[10] ?? '', 202);
    expect(await dialogs()).toBe(1);
    await exchange(app, peer, notify('terminated;reason=noresource'));
    expect(await dialogs()).toBe(0);
  });

  it('in a call, both ways: the end of its NOTIFYs is not the end of the call', async () => {
    const { app, peer } = await start();
    const { call, dialogId } = await answered(harness, app, peer);
    await exchange(
      app,
      peer,
      call.request('REFER', { headers: ['Refer-To: <sip:x@192.0.2.1>'] }),
      '202 Accepted',
    );
    const state = ['Event: refer', 'Subscription-State: terminated;reason=noresource'];
    await command(app, `|${dialogId}`, ['NOTIFY sip:placeholder SIP/2.0', ...state]);
    peer.send(call.respond(await peer.next('NOTIFY'), 200, 'OK'), harness.port);
    await command(app, `|${dialogId}`, ['REFER sip:placeholder SIP/2.0', 'Refer-To: <sip:x@192.0.2.1>']);
    peer.send(call.respond(await peer.next('REFER'), 202, 'Accepted'), harness.port);
    await exchange(app, peer, call.request('NOTIFY', { headers: state }));
    await exchange(app, peer, call.request('INFO'));
    expect(await dialogs()).toBe(1);
  });
});

describe('subscriptions', () => {
  const subscribe = async (app: AppSocket, peer: Peer, expires: number, granted?: number) => {
    const call = createCall(peer, harness.port);
    const headers = ['Event: dialog', `Expires: ${expires}`];
    peer.send(call.request('SUBSCRIBE', { toTag: '', headers }), harness.port);
    const { fields } = await app.request('SUBSCRIBE');
    const line = granted === undefined ? [] : [`Expires: ${granted}`];
    const reply = await command(app, `${fields[8]}|`, ['SIP/2.0 202 Accepted', ...line]);
    call.remoteTag = tagIn((await peer.next('SUBSCRIBE 202')).header('To'));
    return { call, dialogId: reply[11] ?? '' };
  };

  it('end with the time that we grant, unless refreshed', async () => {
    const { app, peer } = await start(SHORT);
    const { call } = await subscribe(app, peer, 3600, 0);
    await exchange(app, peer, call.request('SUBSCRIBE', { headers: ['Event: dialog', 'Expires: 3'] }));
    await pause(3000);
    expect(await dialogs()).toBe(1);
    await until(async () => (await dialogs()) === 0);
    peer.send(call.request('SUBSCRIBE'), harness.port);
    await peer.next('SUBSCRIBE 481');
  });

  it('end 64·T1 after the peer has ended them, if no NOTIFY does it before', async () => {
    const { app, peer } = await start(SHORT);
    await subscribe(app, peer, 0);
    await until(async () => (await dialogs()) === 0);
  });

  it('end when the peer knows nothing of our NOTIFY any more', async () => {
    const { app, peer } = await start();
    const { call, dialogId } = await subscribe(app, peer, 60);
    await command(app, `|${dialogId}`, [
      'NOTIFY sip:placeholder SIP/2.0',
      'Event: dialog',
      'Subscription-State: active',
    ]);
    peer.send(call.respond(await peer.next('NOTIFY'), 481, 'Gone'), harness.port);
    await until(async () => (await dialogs()) === 0);
  });

  it('of ours end when a refresh meets 481', async () => {
    const { app, peer } = await start();
    const line = `SUBSCRIBE sip:peer@127.0.0.1:${peer.port} SIP/2.0`;
    const fields = await command(app, '|', [line, 'Event: dialog', 'Expires: 60']);
    const first = await peer.next('SUBSCRIBE');
    const call = calleeOf(harness, peer, first);
    peer.send(call.respond(first, 200, 'OK', { headers: ['Expires: 60'] }), harness.port);
    const { fields: told } = await responseTo(app, fields[10] ?? '', 200);
    expect(await dialogs()).toBe(1);
    await command(app, `|${told[9]}`, ['SUBSCRIBE sip:placeholder SIP/2.0', 'Event: dialog']);
    peer.send(call.respond(await peer.next('SUBSCRIBE'), 481, 'Gone'), harness.port);
    await until(async () => (await dialogs()) === 0);
  });

  it('in a call do not end it with them', async () => {
    const { app, peer } = await start(SHORT);
    const { call } = await answered(harness, app, peer);
    await exchange(app, peer, call.request('SUBSCRIBE', { headers: ['Event: dialog', 'Expires: 0'] }));
    await pause(2800);
    await exchange(app, peer, call.request('INFO'));
    expect(await dialogs()).toBe(1);
  });
});

describe('numbers', () => {
  it('a CSeq gone back gets 500, whatever the method, and changes nothing', async () => {
    const { app, peer } = await start();
    const { call } = await answered(harness, app, peer);
    await exchange(app, peer, call.request('INFO', { cseq: 10 }));
    for (const method of ['INFO', 'UPDATE', 'INVITE', 'BYE']) {
      peer.send(call.request(method, { cseq: 5 }), harness.port);
      await peer.next(`${method} 500`);
    }
    expect(await dialogs()).toBe(1);
    await exchange(app, peer, call.request('BYE', { cseq: 11 }));
    expect(await dialogs()).toBe(0);
  });

  it('an ACK with another CSeq than the INVITE acknowledges nothing', async () => {
    const { app, peer } = await start({ timers: { t1: 40, t2: 80, t4: 100 } });
    const { call, txn } = await arrive(harness, app, peer);
    await command(app, `${txn}|`, ['SIP/2.0 200 OK'], sdp());
    call.remoteTag = tagIn((await peer.next('INVITE 200')).header('To'));
    peer.send(call.request('ACK', { cseq: 99 }), harness.port);
    await peer.next('INVITE 200');
    peer.send(call.request('ACK', { cseq: 1 }), harness.port);
    const { text } = await app.request('ACK');
    expect(text).toContain('CSeq: 1 ACK');
  });

  it('a repeated request is answered again and delivered once', async () => {
    const { app, peer } = await start();
    const { call } = await answered(harness, app, peer);
    const info = call.request('INFO', { branch: newBranch() });
    await exchange(app, peer, info);
    peer.send(info, harness.port);
    await peer.next('INFO 200');
    expect(app.frames.filter(({ text }) => text.startsWith('INFO ')).length).toBe(1);
  });
});

describe('responses', () => {
  it('that are none of ours are dropped: foreign branch, other CSeq, two Vias', async () => {
    const { app, peer } = await start();
    const { call, txn, invite } = await ring(harness, app, peer);
    const busy = call.respond(invite, 486, 'Busy Here');
    peer.send(busy.replace(/branch=[^;\r]+/, 'branch=z9hG4bKforeign'), harness.port);
    peer.send(busy.replace(/CSeq: (\d+) INVITE/, 'CSeq: 4711 INVITE'), harness.port);
    peer.send(busy.replace(/CSeq: (\d+) INVITE/, 'CSeq: $1 BYE'), harness.port);
    peer.send(busy.replace('From:', 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom:'), harness.port);
    await pause(100);
    peer.send(call.respond(invite, 200, 'OK', { body: sdp() }), harness.port);
    await responseTo(app, txn, 200);
    expect(app.frames.some(({ text }) => text.startsWith('SIP/2.0 486'))).toBe(false);
  });

  it('to a call without To tag or without Contact do no harm: the call is acknowledged and ended', async () => {
    const { app, peer } = await start();
    const { call, txn, invite, dialogId } = await ring(harness, app, peer);
    const bare = call.respond(invite, 200, 'OK', { body: sdp(), contact: false, tag: 'x' });
    peer.send(bare.replace(/;tag=x/, ''), harness.port);
    await responseTo(app, txn, 200);
    await command(app, `|${dialogId}`, ['ACK sip:placeholder SIP/2.0']);
    await peer.next('ACK');
    peer.send(call.respond(await peer.next('BYE'), 200, 'OK'), harness.port);
    await until(async () => (await dialogs()) === 0);
  });

  it('to a call that the application never acknowledges: ACK and BYE after 64·T1', async () => {
    const { app, peer } = await start(SHORT);
    const { call, txn, invite } = await ring(harness, app, peer);
    peer.send(call.respond(invite, 200, 'OK', { body: sdp() }), harness.port);
    await responseTo(app, txn, 200);
    await peer.next('ACK');
    expect((await peer.next('BYE')).header('Reason')).toContain('ACK timeout');
    const told = await app.next(({ fields }) => fields[8] === 'unsolicited');
    expect(told.fields[2]).toBe('application');
  });

  it('408 to a request other than INVITE stays here (RFC 4320), and the request gets none', async () => {
    const { app, peer } = await start();
    const { call } = await answered(harness, app, peer);
    peer.send(call.request('INFO'), harness.port);
    const { fields } = await app.request('INFO');
    const reply = await command(app, `${fields[8]}|`, ['SIP/2.0 408 Request Timeout']);
    expect(reply[3]).toBe('NOK');
    await pause(100);
    expect(peer.count('INFO 408')).toBe(0);
  });

  it('100 to a slow request other than INVITE, once its repetition has come to T2 (RFC 4320)', async () => {
    const { app, peer } = await start();
    const message = createCall(peer, harness.port).request('MESSAGE', { toTag: '' });
    for (let times = 0; times < 3; times += 1) {
      peer.send(message, harness.port);
      await pause(30);
    }
    expect(peer.count('MESSAGE 100')).toBe(0);
    peer.send(message, harness.port);
    await peer.next('MESSAGE 100');
    const { fields } = await app.request('MESSAGE');
    await command(app, `${fields[8]}|`, ['SIP/2.0 200 OK']);
    await peer.next('MESSAGE 200');
  });
});

describe('reliable provisionals', () => {
  it('are what a caller gets that requires them, one at a time', async () => {
    const { app, peer } = await start({ timers: { t1: 60, t2: 120, t4: 100 } });
    const { call, txn } = await arrive(harness, app, peer, { headers: ['Require: 100rel'] });
    await command(app, `${txn}|`, ['SIP/2.0 180 Ringing']);
    await command(app, `${txn}|`, ['SIP/2.0 183 Session Progress'], sdp());
    const ringing = await peer.next('INVITE 180');
    expect(ringing.header('Require')).toBe('100rel');
    call.remoteTag = tagIn(ringing.header('To'));
    await peer.next('INVITE 180');
    expect(peer.count('INVITE 183')).toBe(0);
    const rack = (rseq: string): { headers: string[] } => ({ headers: [`RAck: ${rseq} 1 INVITE`] });
    await exchange(app, peer, call.request('PRACK', rack(ringing.header('RSeq'))));
    const progress = await peer.next('INVITE 183');
    expect(Number(progress.header('RSeq'))).toBe(Number(ringing.header('RSeq')) + 1);
    await exchange(app, peer, call.request('PRACK', rack(progress.header('RSeq'))));
    await command(app, `${txn}|`, ['SIP/2.0 200 OK'], sdp());
    await peer.next('INVITE 200');
  });
});
