import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { RequestHandler, SipEngineOptions } from '../../../src/sip-engine/types.ts';
import { join } from './app-socket.ts';
import { deferred, type Harness, pause, SECRET, startHarness, until } from './harness.ts';
import { createCall, newBranch, type Peer } from './peer.ts';
import { connectSrf } from './srf.ts';

let harness: Harness;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const start = async (options?: Partial<SipEngineOptions>): Promise<Harness> => {
  const started = await startHarness(options);
  closers.unshift(started.close);
  return started;
};

type Asked = { readonly request: IncomingMessage; readonly body: string };

/** A web server that answers each question with `answer`. */
const web = async (
  answer: (asked: Asked, response: ServerResponse) => void,
): Promise<{ url: string; asked: Asked[] }> => {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ request, body });
    answer({ request, body }, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/route`, asked };
};

const says = (value: unknown) => (_asked: Asked, response: ServerResponse) =>
  response.end(typeof value === 'string' ? value : JSON.stringify(value));

const handled = async (
  url: string,
  more: Partial<RequestHandler> = {},
): Promise<{ peer: Peer; call(method?: string): Promise<void> }> => {
  harness = await start({ requestHandlers: [{ sipMethod: '*', url, ...more }] });
  const peer = await harness.peer();
  return {
    peer,
    async call(method = 'INVITE') {
      peer.send(createCall(peer, harness.port).request(method, { toTag: '' }), harness.port);
    },
  };
};

describe('a web server is asked', () => {
  it('by GET, with what it needs to know', async () => {
    const { url, asked } = await web(says({ action: 'reject', data: { status: 603 } }));
    const { peer } = await handled(`${url}?key=1`);
    peer.send(
      createCall(peer, harness.port).invite({
        uri: `sip:a%20b;x@127.0.0.1:${harness.port};campaign=spring;method=FAKE;user=phone`,
      }),
      harness.port,
    );
    await peer.next('INVITE 603');
    expect(asked[0]?.request.method).toBe('GET');
    const query = new URL(asked[0]?.request.url ?? '', 'http://x').searchParams;
    expect(Object.fromEntries(query)).toEqual({
      key: '1',
      campaign: 'spring',
      user: 'phone',
      method: 'INVITE',
      domain: '127.0.0.1',
      protocol: 'udp',
      source_address: '127.0.0.1',
      fromUser: 'peer',
      toUser: 'service',
      uriUser: 'a%20b;x',
      contentType: 'application/sdp',
      uri: `sip:a%20b;x@127.0.0.1:${harness.port};campaign=spring;method=FAKE;user=phone`,
    });
  });

  it('by POST, as JSON', async () => {
    const { url, asked } = await web(says({ action: 'reject', data: { status: 486 } }));
    const { peer, call } = await handled(url, { httpMethod: 'POST' });
    await call('OPTIONS');
    await peer.next('OPTIONS 486');
    expect(asked[0]?.request.headers['content-type']).toBe('application/json');
    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({
      method: 'OPTIONS',
      toUser: 'service',
      contentType: '',
    });
  });

  it('for its methods only', async () => {
    const { url } = await web(says({ action: 'reject', data: { status: 603 } }));
    const { peer, call } = await handled(url, { sipMethod: 'message' });
    const app = await join(harness.engine.admin.port, ['options']);
    await call('MESSAGE');
    await peer.next('MESSAGE 603');
    await call('OPTIONS');
    const { fields } = await app.request('OPTIONS');
    app.send(`a|sip|${fields[8]}|\r\nSIP/2.0 200 OK\r\n\r\n`);
    await peer.next('OPTIONS 200');
  });
});

describe('its answer', () => {
  it('refuses with a reason of its own', async () => {
    const { url } = await web(says({ action: 'reject', data: { status: 486, reason: 'At\r\nlunch' } }));
    const { peer, call } = await handled(url);
    await call();
    expect((await peer.next('INVITE 486')).startLine).toBe('SIP/2.0 486 At lunch');
  });

  it('redirects', async () => {
    const { url } = await web(
      says({ action: 'redirect', data: { contact: ['sip:a@b', '<sip:c@d>;q=0.1'] } }),
    );
    const { peer, call } = await handled(url);
    await call();
    expect((await peer.next('INVITE 302')).headers('Contact')).toEqual(['<sip:a@b>', '<sip:c@d>;q=0.1']);
  });

  it('picks an application by tag, in turn', async () => {
    const { url } = await web(says({ action: 'route', data: { tag: 'support' } }));
    const { peer, call } = await handled(url);
    const taken: string[] = [];
    const start = async (name: string, tags: string[]) => {
      const srf = await connectSrf(
        harness.engine.admin,
        SECRET,
        (app) =>
          app.invite((_req, res) => {
            taken.push(name);
            res.send(486);
          }),
        tags,
      );
      closers.push(() => srf.disconnect());
    };
    await start('sales', ['sales']);
    await start('one', ['support', 'sales']);
    await start('two', ['support']);
    for (const _ of [1, 2, 3]) {
      await call();
      await peer.next('INVITE 486');
    }
    expect(taken).toEqual(['one', 'two', 'one']);
  });

  it('with a tag that nobody has is a 480', async () => {
    const { url } = await web(says({ action: 'route', data: { tag: 'support' } }));
    const { peer, call } = await handled(url);
    await call();
    await peer.next('INVITE 480');
  });

  it.each([
    ['another status', (_asked: Asked, response: ServerResponse) => response.writeHead(404).end('{}')],
    [
      'a redirection',
      (_asked: Asked, response: ServerResponse) => response.writeHead(302, { location: '/' }).end(),
    ],
    ['no JSON', says('nonsense')],
    ['no known action', says({ action: 'dance', data: {} })],
    ['a cut', (_asked: Asked, response: ServerResponse) => response.destroy()],
    ['too much', says(`{"action":"reject","data":{"status":603,"more":"${'x'.repeat(70_000)}"}}`)],
  ])('that is %s is a 500', async (_what, answer) => {
    const { url } = await web(answer);
    const { peer, call } = await handled(url);
    await call();
    await peer.next('INVITE 500');
  });

  it('is waited for three seconds', async () => {
    const { url } = await web(() => {});
    const { peer, call } = await handled(url);
    const from = Date.now();
    await call();
    await peer.next('INVITE 500');
    expect(Date.now() - from).toBeGreaterThan(2500);
  });
});

it('a kept connection that has been closed costs no caller', async () => {
  const used = new Set<unknown>();
  const { url, asked } = await web(({ request }, response) => {
    // As a server that closes at the very moment.
    if (used.has(request.socket)) request.socket.destroy();
    used.add(request.socket);
    response.end(JSON.stringify({ action: 'reject', data: { status: 603 } }));
  });
  const { peer, call } = await handled(url, { httpMethod: 'POST' });
  for (const _ of [1, 2]) {
    await call();
    await peer.next('INVITE 603');
  }
  expect(asked).toHaveLength(3);
  expect(used.size).toBe(2);
});

it('where no web server is, callers get 500', async () => {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { peer, call } = await handled(`http://127.0.0.1:${address.port}/`);
  await call('OPTIONS');
  await peer.next('OPTIONS 500');
});

it('while it is asked, the caller can withdraw and the call is not repeated', async () => {
  const answered = deferred<void>();
  const { url, asked } = await web(async (_asked, response) => {
    await answered.promise;
    response.end(JSON.stringify({ action: 'route', data: { tag: 'support' } }));
  });
  const { peer } = await handled(url);
  const app = await join(harness.engine.admin.port, [], 'support');
  const call = createCall(peer, harness.port);
  const branch = newBranch();
  const invite = call.invite({ branch });
  peer.send(invite, harness.port);
  peer.send(invite, harness.port);
  await until(() => asked.length > 0);
  peer.send(call.request('CANCEL', { branch, toTag: '' }), harness.port);
  await peer.next('CANCEL 200');
  await peer.next('INVITE 487');
  answered.resolve();
  await pause(200);
  expect(asked).toHaveLength(1);
  expect(app.frames.some(({ fields }) => fields[1] === 'sip')).toBe(false);
  expect(peer.count('INVITE 480') + peer.count('INVITE 200')).toBe(0);
});

it('a handler whose URL is none fails the start', async () => {
  await expect(start({ requestHandlers: [{ sipMethod: '*', url: 'ftp://a' }] })).rejects.toThrow('ftp://a');
});
