import { afterEach, describe, expect, it } from 'vitest';
import { type AppSocket, join } from './app-socket.ts';
import { type Harness, pause, startHarness, until } from './harness.ts';
import { createCall, type Peer, sdp, tagIn } from './peer.ts';
import { answered, arrive, command, place, responseTo, ring } from './raw-call.ts';

let harness: Harness;
afterEach(() => harness?.close());

const VERBS = ['invite', 'register', 'options', 'message', 'cdr:attempt', 'cdr:start', 'cdr:stop'];

const start = async (options: object = {}): Promise<{ app: AppSocket; peer: Peer }> => {
  harness = await startHarness(options);
  return { app: await join(harness.engine.admin.port, VERBS), peer: await harness.peer() };
};

describe('limits', () => {
  it('above that of dialogs new calls get 503 with Retry-After and are counted; what goes on goes on', async () => {
    const { app, peer } = await start({ limits: { dialogs: 1 } });
    const { call } = await answered(harness, app, peer);
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    const refusal = await peer.next('INVITE 503');
    expect([refusal.header('Retry-After'), tagIn(refusal.header('To')) !== '']).toEqual(['5', true]);
    peer.send(createCall(peer, harness.port).request('SUBSCRIBE', { toTag: '' }), harness.port);
    await peer.next('SUBSCRIBE 503');
    peer.send(createCall(peer, harness.port).request('MESSAGE', { toTag: '' }), harness.port);
    await app.request('MESSAGE');
    const stats = await harness.engine.stats();
    expect([stats.refusedByLimit, stats.dialogs]).toEqual([{ dialogs: 2 }, 1]);
    peer.send(call.request('BYE'), harness.port);
    await app.request('BYE');
    await arrive(harness, app, peer);
  });

  it('above that of transactions new requests get 503 without one, the same for each repetition; answered ones make room', async () => {
    const { app, peer } = await start({ limits: { transactions: 2 } });
    const { call } = await answered(harness, app, peer);
    for (let waiting = 1; waiting <= 2; waiting += 1) {
      peer.send(createCall(peer, harness.port).request('MESSAGE', { toTag: '' }), harness.port);
      await app.request('MESSAGE');
    }
    const late = createCall(peer, harness.port).invite();
    peer.send(late, harness.port);
    const first = await peer.next('INVITE 503');
    peer.send(late, harness.port);
    expect((await peer.next('INVITE 503')).header('To')).toBe(first.header('To'));
    const stats = await harness.engine.stats();
    expect([stats.refusedByLimit, stats.serverTransactions]).toEqual([{ transactions: 2 }, 2]);
    peer.send(call.request('BYE'), harness.port);
    await app.request('BYE');
  });

  it('dialogs are told apart by who began them', async () => {
    const { app, peer } = await start();
    await answered(harness, app, peer);
    await place(harness, app, peer);
    await place(harness, app, peer);
    const { dialogs, dialogsInbound, dialogsOutbound } = await harness.engine.stats();
    expect([dialogs, dialogsInbound, dialogsOutbound]).toEqual([3, 1, 2]);
  });
});

describe('options', () => {
  it('a 180 beside the 100 to each call, in the dialog that the answer confirms', async () => {
    const { app, peer } = await start({ alwaysSend180: true });
    const { txn, call } = await arrive(harness, app, peer);
    const ringing = await peer.next('INVITE 180');
    await command(app, `${txn}|`, ['SIP/2.0 200 OK', 'Contact: <sip:100@localhost>'], sdp());
    const ok = await peer.next('INVITE 200');
    expect(tagIn(ok.header('To'))).toBe(tagIn(ringing.header('To')));
    expect(ok.header('Contact')).toContain('sip:100@127.0.0.1');
    expect(call.id).toBe(ok.header('Call-ID'));
  });

  it('that 180 does not stand for an answer: 480 when the application says nothing', async () => {
    const { peer, app } = await start({ alwaysSend180: true, timers: { t1: 10, t2: 40, t4: 50 } });
    await arrive(harness, app, peer);
    await peer.next('INVITE 180');
    await peer.next('INVITE 480');
    expect((await harness.engine.stats()).dialogs).toBe(0);
  });

  it('OPTIONS of one User-Agent answered here, those of others by the application', async () => {
    const { app, peer } = await start({ autoAnswerOptionsFrom: 'monitor' });
    const options = (agent: string): string =>
      createCall(peer, harness.port).request('OPTIONS', { toTag: '', headers: [`User-Agent: ${agent}`] });
    peer.send(options('monitor'), harness.port);
    const ok = await peer.next('OPTIONS 200');
    expect([ok.header('Allow').includes('INVITE'), ok.header('Accept')]).toEqual([true, 'application/sdp']);
    peer.send(options('monitor 2'), harness.port);
    await app.request('OPTIONS');
  });

  it('403 to a REGISTER without a realm', async () => {
    const { app, peer } = await start({ rejectRegisterWithNoRealm: true });
    const register = (uri: string): string =>
      createCall(peer, harness.port).request('REGISTER', { toTag: '', uri });
    peer.send(register('sip:192.0.2.1'), harness.port);
    await peer.next('REGISTER 403');
    peer.send(register('sip:[2001:db8::1]:5060'), harness.port);
    await peer.next('REGISTER 403');
    peer.send(register('sip:example.com'), harness.port);
    await app.request('REGISTER');
  });
});

describe('Contacts of a REGISTER', () => {
  it.each([
    ['that is no address', ['Contact: <sip:jo@>']],
    ['with a star and without Expires 0', ['Contact: *', 'Expires: 60']],
    ['with a star and without Expires', ['Contact: *']],
    ['with a star among others', ['Contact: *, <sip:jo@192.0.2.1>', 'Expires: 0']],
  ])('one %s gets 400', async (_name, headers) => {
    const { peer } = await start();
    peer.send(
      createCall(peer, harness.port).request('REGISTER', { toTag: '', contact: false, headers }),
      harness.port,
    );
    await peer.next('REGISTER 400');
  });

  it.each([
    ['a star with Expires 0', ['Contact: *', 'Expires: 0']],
    ['none', []],
    ['several', ['Contact: <sip:a@192.0.2.1>;expires=0, "x" <sip:b@192.0.2.1>']],
  ])('%s is for the application', async (_name, headers) => {
    const { peer, app } = await start();
    peer.send(
      createCall(peer, harness.port).request('REGISTER', { toTag: '', contact: false, headers }),
      harness.port,
    );
    await app.request('REGISTER');
  });
});

describe('the course of a call is told', () => {
  const events = async (app: AppSocket, many: number): Promise<string[]> => {
    const told = (): string[] =>
      app.frames
        .filter(({ fields }) => fields[1]?.startsWith('cdr:'))
        .map(({ fields, text }) =>
          [
            fields[1],
            fields[2],
            fields[4],
            text
              .split(/[\r\n]/)[0]
              ?.split(' ')
              .slice(0, 2)
              .join(' '),
          ]
            .filter((part) => part !== undefined && part !== '')
            .join(' ')
            .replace(/ sip:\S+/, ''),
        );
    await until(() => told().length >= many);
    await pause(50);
    return told();
  };

  it('of the peer, ended by it', async () => {
    const { app, peer } = await start();
    const { call } = await answered(harness, app, peer);
    peer.send(call.request('BYE'), harness.port);
    expect(await events(app, 3)).toEqual([
      'cdr:attempt network INVITE',
      'cdr:start application uas SIP/2.0 200',
      'cdr:stop network normal-release BYE',
    ]);
  });

  it('of ours, ended by us', async () => {
    const { app, peer } = await start();
    const { call, dialogId } = await place(harness, app, peer);
    await command(app, `|${dialogId}`, ['BYE sip:placeholder SIP/2.0']);
    peer.send(call.respond(await peer.next('BYE'), 200, 'OK'), harness.port);
    expect(await events(app, 3)).toEqual([
      'cdr:attempt application INVITE',
      'cdr:start network uac SIP/2.0 200',
      'cdr:stop application normal-release BYE',
    ]);
  });

  it('that is refused or given up, on both sides', async () => {
    const { app, peer } = await start();
    const first = await arrive(harness, app, peer);
    await command(app, `${first.txn}|`, ['SIP/2.0 486 Busy Here']);
    expect((await events(app, 2)).at(-1)).toBe('cdr:stop application call-rejected SIP/2.0 486');
    const second = await arrive(harness, app, peer);
    const via = /branch=([^\r]+)/.exec(second.invite)?.[1] ?? '';
    peer.send(second.call.request('CANCEL', { toTag: '', branch: via }), harness.port);
    expect((await events(app, 4)).at(-1)).toBe('cdr:stop network call-canceled SIP/2.0 487');
    const { call, invite, txn } = await ring(harness, app, peer);
    peer.send(call.respond(invite, 404, 'Not Found'), harness.port);
    await responseTo(app, txn, 404);
    expect((await events(app, 6)).at(-1)).toBe('cdr:stop network call-rejected SIP/2.0 404');
  });

  it('that ends for want of an ACK', async () => {
    const { app, peer } = await start({ timers: { t1: 10, t2: 40, t4: 50 } });
    const { txn } = await arrive(harness, app, peer);
    await command(app, `${txn}|`, ['SIP/2.0 200 OK'], sdp());
    await peer.next('BYE');
    expect((await events(app, 3)).at(-1)).toBe('cdr:stop application system-initiated-termination BYE');
  });
});
