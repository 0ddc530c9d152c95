import { afterEach, describe, expect, it } from 'vitest';
import { type AppSocket, join } from './app-socket.ts';
import { type Harness, startHarness, until } from './harness.ts';
import { type Call, createCall, type Options, type Peer, sdp, type Text, tagIn } from './peer.ts';
import { connectStream, type StreamPeer } from './stream-peer.ts';

let harness: Harness;
let phones: StreamPeer[] = [];
afterEach(async () => {
  await Promise.all(phones.map((phone) => phone.close()));
  phones = [];
  await harness?.close();
});

const start = async (verbs: readonly string[] = ['register']): Promise<AppSocket> => {
  harness = await startHarness({ listen: [{ protocol: 'tcp', address: '127.0.0.1', port: 0 }] });
  return join(harness.engine.admin.port, verbs);
};

const phone = async (): Promise<StreamPeer> => {
  const connected = await connectStream(harness.port);
  phones.push(connected);
  return connected;
};

/** The messages of a user agent that has no address anybody could reach. */
const agent = (): Call => createCall({ port: 9 } as Peer, harness.port);

const CONTACT = 'Contact: <sip:jo@k3x9.invalid;transport=ws>';

const register = async (
  app: AppSocket,
  peer: StreamPeer,
  options: Options = {},
  answer: readonly string[] = [],
): Promise<Text> => {
  peer.send(agent().request('REGISTER', { toTag: '', contact: false, headers: [CONTACT], ...options }));
  const { fields } = await app.request('REGISTER');
  const lines = ['SIP/2.0 200 OK', ...answer, '', ''].join('\r\n');
  await app.ask(`sip|${fields[8]}|\r\n${lines}`);
  return peer.next('REGISTER 200');
};

const flows = async (): Promise<number> => (await harness.engine.stats()).registeredFlows;

/** Sends a request of the application outside dialogs; gives its transaction and dialog ids. */
const send = async (app: AppSocket, method: string, uri: string, route = '', lines = ''): Promise<string> => {
  const body = method === 'INVITE' ? sdp() : '';
  const command = `sip||${route === '' ? '' : `|${route}`}\r\n${method} ${uri} SIP/2.0\r\n${lines}\r\n${body}`;
  const { fields, raw } = await app.ask(command);
  expect(fields[3], raw).toBe('OK');
  return fields[10] ?? '';
};

describe('a user agent that registered over a stream', () => {
  it('is reached by its connection, with every kind of request, and by a route that names it', async () => {
    const app = await start();
    const peer = await phone();
    await register(app, peer);
    expect(await flows()).toBe(1);
    for (const method of ['INVITE', 'OPTIONS', 'NOTIFY', 'MESSAGE']) {
      await send(app, method, 'sip:jo@k3x9.invalid');
      expect((await peer.next(method)).startLine).toBe(`${method} sip:jo@k3x9.invalid SIP/2.0`);
    }
    await send(app, 'MESSAGE', 'sip:jo@example.com', 'sip:jo@k3x9.invalid');
    expect((await peer.next('MESSAGE')).startLine).toBe('MESSAGE sip:jo@example.com SIP/2.0');
  });

  it('has its whole call on it, and on the next one when it has connected anew', async () => {
    const app = await start();
    const peer = await phone();
    await register(app, peer);
    const txn = await send(app, 'INVITE', 'sip:jo@k3x9.invalid');
    const invite = await peer.next('INVITE');
    const call = createCall({ port: 9 } as Peer, harness.port, {
      id: invite.header('Call-ID'),
      remoteTag: tagIn(invite.header('From')),
    });
    const ok = call.respond(invite, 200, 'OK', { contact: false, headers: [CONTACT], body: sdp() });
    peer.send(ok);
    const answer = await app.next(({ fields, text }) => fields[8] === txn && text.startsWith('SIP/2.0 200'));
    const dialog = answer.fields[9] ?? '';
    await app.ask(`sip||${dialog}\r\nACK sip:jo@k3x9.invalid SIP/2.0\r\n\r\n`);
    expect((await peer.next('ACK')).startLine).toBe('ACK sip:jo@k3x9.invalid;transport=ws SIP/2.0');

    await peer.close();
    await until(async () => (await flows()) === 0);
    const again = await phone();
    await register(app, again);
    await app.ask(`sip||${dialog}\r\nBYE sip:placeholder SIP/2.0\r\n\r\n`);
    const bye = await again.next('BYE');
    again.send(call.respond(bye, 200, 'OK'));
    await app.next(({ text }) => text.startsWith('SIP/2.0 200') && text.includes(' BYE'));
    expect((await harness.engine.stats()).dialogs).toBe(0);
  });

  it('is given the time that the answer says for its Contact, and goes with 0', async () => {
    const app = await start();
    const peer = await phone();
    const asked = { headers: [`${CONTACT};expires=600`] };
    await register(app, peer, asked, ['Contact: <sip:jo@k3x9.invalid;transport=ws>;expires=1']);
    expect(await flows()).toBe(1);
    await until(async () => (await flows()) === 0);
    await register(app, peer, asked);
    expect(await flows()).toBe(1);
    await register(app, peer, { headers: [`${CONTACT};expires=0`] });
    expect(await flows()).toBe(0);
    await register(app, peer, asked);
    await register(app, peer, { headers: ['Contact: *', 'Expires: 0'] });
    expect(await flows()).toBe(0);
  });

  it('without a good answer is not remembered', async () => {
    const app = await start();
    const peer = await phone();
    peer.send(agent().request('REGISTER', { toTag: '', contact: false, headers: [CONTACT] }));
    const { fields } = await app.request('REGISTER');
    await app.ask(`sip|${fields[8]}|\r\nSIP/2.0 403 Forbidden\r\n\r\n`);
    await peer.next('REGISTER 403');
    expect(await flows()).toBe(0);
  });

  it('by SUBSCRIBE is reached too, and its unsubscribing leaves the registration', async () => {
    const app = await start(['subscribe', 'register']);
    const peer = await phone();
    const subscribe = async (expires: number): Promise<void> => {
      const headers = [CONTACT, 'Event: presence', `Expires: ${expires}`];
      peer.send(agent().request('SUBSCRIBE', { toTag: '', contact: false, headers }));
      const { fields } = await app.request('SUBSCRIBE');
      await app.ask(`sip|${fields[8]}|\r\nSIP/2.0 202 Accepted\r\nExpires: ${expires}\r\n\r\n`);
      await peer.next('SUBSCRIBE 202');
    };
    await subscribe(60);
    await send(app, 'MESSAGE', 'sip:jo@k3x9.invalid');
    await peer.next('MESSAGE');
    await register(app, peer);
    await subscribe(0);
    expect(await flows()).toBe(1);
  });

  it('is gone with its connection: 503, made here', async () => {
    const app = await start();
    const peer = await phone();
    await register(app, peer);
    const txn = await send(app, 'INVITE', 'sip:jo@k3x9.invalid');
    await peer.next('INVITE');
    await peer.close();
    const response = await app.next(({ fields }) => fields[1] === 'sip' && fields[8] === txn);
    expect(response.text).toMatch(/^SIP\/2\.0 503 /);
  });
});
