import { createSocket } from 'node:dgram';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppSocket, type Frame, join } from './app-socket.ts';
import { type Harness, pause, startHarness, until } from './harness.ts';
import { type Call, createCall, newBranch, type Peer, read, sdp, type Text, tagIn } from './peer.ts';

// What the engine owes to an application whatever the network does: see docs/sip-engine.md, "What applications may rely on".

const TIMERS = { t1: 20, t2: 80, t4: 100, c: 400 };
const VERBS = ['invite', 'options', 'message', 'info', 'subscribe', 'register'];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let harness: Harness;
let app: AppSocket;
let peer: Peer;
/** All bytes that the application got. */
let bytes: Buffer[];

beforeEach(async () => {
  harness = await startHarness({ timers: TIMERS });
  app = await join(harness.engine.admin.port, VERBS);
  bytes = [];
  app.socket.on('data', (chunk: Buffer) => bytes.push(chunk));
  peer = await harness.peer();
});

afterEach(async () => {
  // They hold for all that any of these tests has caused.
  checkFrames(Buffer.concat(bytes));
  app.socket.destroy();
  await harness.close();
});

/** I-1, I-2, I-3: lengths in bytes, UTF-8, no other types, as many fields as there have to be. */
const checkFrames = (stream: Buffer): void => {
  for (let from = 0; from < stream.length; ) {
    const hash = stream.indexOf('#', from);
    const head = stream.toString('latin1', from, hash);
    expect(head).toMatch(/^[1-9]\d*$/);
    const payload = stream.subarray(hash + 1, hash + 1 + Number(head));
    expect(payload.length).toBe(Number(head));
    const text = payload.toString('utf8');
    expect(Buffer.from(text).equals(payload)).toBe(true);
    checkLeader(text.split('\r\n', 1)[0] ?? '');
    from = hash + 1 + payload.length;
  }
};

const checkLeader = (leader: string): void => {
  expect(leader).not.toMatch(/[\r\n]/);
  const fields = leader.split('|');
  expect(fields[0]).toMatch(UUID);
  if (fields[1] === 'response') {
    expect([4, 5, 13, 15]).toContain(fields.length);
    return;
  }
  expect(fields[1]).toBe('sip');
  expect(['network', 'application']).toContain(fields[2]);
  expect(fields).toHaveLength(fields[9] === '' && fields.length > 11 ? 13 : 11);
};

const send = (text: string): void => peer.send(text, harness.port);
const txnOf = ({ fields }: Frame): string => fields[8] ?? '';
const isReply = ({ fields }: Frame): boolean => fields[1] === 'response';
const delivered = (): readonly Frame[] => app.frames.filter((frame) => !isReply(frame));
const respond = (frame: Frame, status: string, more = '') =>
  app.ask(`sip|${txnOf(frame)}|\r\nSIP/2.0 ${status}\r\n${more}\r\n`);
const response = (what: string): Promise<Frame> =>
  app.next(({ fields, text }) => {
    const [method = '', status] = what.split(' ');
    return fields[1] === 'sip' && text.startsWith(`SIP/2.0 ${status}`) && text.includes(` ${method}\r\n`);
  });

/** Sends a request of the application to the peer; the reply. */
const place = (method: string, more = ''): Promise<Frame> =>
  app.ask(`sip||\r\n${method} sip:peer@127.0.0.1:${peer.port} SIP/2.0\r\n${more}\r\n`);

/** Everything that was sent before has been dealt with. */
const settled = async (): Promise<void> => {
  const last = createCall(peer, harness.port);
  send(last.request('OPTIONS', { toTag: '' }));
  const frame = await app.next(({ text }) => text.includes(`Call-ID: ${last.id}\r\n`));
  await respond(frame, '200 OK');
};

/** A call of the peer that the application has answered. */
const answered = async (): Promise<{ call: Call; invite: Frame; reply: Frame; ok: Text }> => {
  const call = createCall(peer, harness.port);
  send(call.invite());
  const invite = await app.request('INVITE');
  const reply = await respond(invite, '200 OK');
  const ok = await peer.next('INVITE 200');
  call.remoteTag = tagIn(ok.header('To'));
  call.remoteTarget = /<([^>]+)>/.exec(ok.header('Contact'))?.[1] ?? '';
  return { call, invite, reply, ok };
};

describe('frames', () => {
  it('I-1: are UTF-8 of the length they say, also for other bytes', async () => {
    const call = createCall(peer, harness.port);
    const [head = ''] = call.request('MESSAGE', { toTag: '' }).split('Content-Length');
    const body = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x0d, 0x0a, 0xe2, 0x82, 0xf0, 0x9f, 0x98, 0x80]);
    const latin1 = Buffer.from(head.replace('<sip:peer', '"Jos\xe9" <sip:peer'), 'latin1');
    const rest = Buffer.from(
      `Content-Type: application/octet-stream\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    // A peer of this test sends text as UTF-8: bytes go by a socket of their own.
    const socket = createSocket('udp4');
    socket.send(Buffer.concat([latin1, rest, body]), harness.port, '127.0.0.1');
    const { text } = await app.request('MESSAGE');
    socket.close();
    expect(text).toContain('"Jos\ufffd" <sip:peer');
    expect(read(text).body).toBe(body.toString('utf8'));
  });

  it('I-3: no Call-ID and no tag makes a field more or less', async () => {
    const odd = fc.string({
      unit: fc.constantFrom(
        '|',
        '#',
        ' ',
        '\t',
        'a',
        '@',
        '<',
        '>',
        '"',
        ';',
        '=',
        '\\',
        '\x00',
        '\x7f',
        'é',
      ),
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(odd, fc.constantFrom('Call-ID: ', ';tag=peer'), async (text, where) => {
        const call = createCall(peer, harness.port);
        const message = call.request('OPTIONS', { toTag: '' });
        const mark = new RegExp(where === 'Call-ID: ' ? 'Call-ID: [^\\r]*' : ';tag=peer\\d+');
        send(message.replace(mark, () => `${where}${text}`));
        await settled();
      }),
      { numRuns: 60 },
    );
    for (const { text } of delivered()) expect(read(text).header('Call-ID')).not.toMatch(/[|\s]/);
    expect(delivered().length).toBeGreaterThan(60);
  });

  it('I-3: a `|` in what a peer calls itself is a 400', async () => {
    const call = createCall(peer, harness.port, { id: 'a|b' });
    send(call.invite());
    await peer.next('INVITE 400');
    const tagged = createCall(peer, harness.port, { localTag: 'a|b' });
    send(tagged.invite());
    await peer.next('INVITE 400');
    expect(delivered()).toEqual([]);
  });

  it('I-3: an application can not name a call or a tag so either', async () => {
    for (const line of ['Call-ID: a|b', 'From: <sip:a@b>;tag=a|b']) {
      const { fields } = await place('OPTIONS', `${line}\r\n`);
      expect(fields.slice(3)).toEqual(['NOK', 'invalid sip message']);
    }
    const call = createCall(peer, harness.port);
    send(call.invite());
    const { fields } = await respond(await app.request('INVITE'), '200 OK', 'To: <sip:x@y>;tag=a|b\r\n');
    expect(fields.slice(3)).toEqual(['NOK', 'invalid sip message']);
  });
});

describe('replies', () => {
  it('I-4: every message gets exactly one, whatever it says', async () => {
    const { invite } = await answered();
    const texts = [
      'ping',
      'route|invite',
      'remove_route|cdr:stop',
      'sip',
      'sip|',
      'sip||',
      'sip|||',
      'sip||\r\n',
      'sip||\r\n\r\n\r\n',
      'sip||\r\nOPTIONS sip:x@nowhere.invalid SIP/2.0\r\n\r\n',
      'sip||\r\nOPTIONS sip:x@127.0.0.1;transport=tcp SIP/2.0\r\n\r\n',
      'sip||\r\nOPTIONS tel:+49 SIP/2.0\r\n\r\n',
      'sip||\r\nOPTIONS http://x SIP/2.0\r\n\r\n',
      `sip||\r\nOPTIONS sip:${'x'.repeat(2000)}@y SIP/2.0\r\n\r\n`,
      `sip||\r\nOPTIONS sip:x@127.0.0.1:${harness.port} SIP/2.0\r\n\r\n`,
      `sip||\r\nOPTIONS sip:x@127.0.0.1:${peer.port} SIP/2.0\r\nContent-Length: 3\r\n\r\nabc`,
      `sip|||sip:broken route|\r\nOPTIONS sip:x@127.0.0.1:${peer.port} SIP/2.0\r\n\r\n`,
      'sip|no-such-txn|\r\nSIP/2.0 200 OK\r\n\r\n',
      `sip|${txnOf(invite)}|\r\nSIP/2.0 200 OK\r\n\r\n`,
      `sip|${txnOf(invite)}|\r\nSIP/2.0 999 Odd\r\n\r\n`,
      `sip|${txnOf(invite)}|\r\nCANCEL sip:x SIP/2.0\r\n\r\n`,
      'sip||no-such-dialog|\r\nBYE sip:placeholder SIP/2.0\r\n\r\n',
      'sip||no-such-dialog|\r\nACK sip:placeholder SIP/2.0\r\n\r\n',
      'sip||no-such-dialog|\r\nPRACK sip:placeholder SIP/2.0\r\n\r\n',
      'proxy|no-such-txn||fullResponse||serial|||sip:a@b\r\nINVITE sip:a@b SIP/2.0\r\n\r\n',
      'proxy',
      'proxy||||||||',
    ];
    const frames = await Promise.all(texts.map((text) => app.ask(text)));
    expect(frames).toHaveLength(texts.length);
    await settled();
    const refs = app.frames.filter(isReply).map(({ fields }) => fields[2]);
    expect(new Set(refs).size).toBe(refs.length);
    for (const { fields } of frames) expect(['OK', 'NO', 'NOK']).toContain(fields[3]);
  });

  it('I-5: to a request precedes its responses, to a 200 its ACK', async () => {
    // An answer as quick as can be, many times.
    for (let turn = 0; turn < 10; turn += 1) {
      const placed = place('OPTIONS');
      const request = await peer.next('OPTIONS');
      send(createCall(peer, harness.port).respond(request, 200, 'OK'));
      const txn = (await placed).fields[10];
      const found = await app.next(({ fields }) => fields[1] === 'sip' && fields[8] === txn);
      const reply = app.frames.findIndex((frame) => isReply(frame) && frame.fields[10] === txn);
      expect(reply).toBeLessThan(app.frames.indexOf(found));
    }
    const { call, reply } = await answered();
    send(call.request('ACK'));
    const ack = await app.request('ACK');
    expect(app.frames.indexOf(reply)).toBeLessThan(app.frames.indexOf(ack));
    expect(ack.fields[9]).toBe(reply.fields[11]);
    send(call.request('ACK'));
    await settled();
    expect(delivered().filter(({ text }) => text.startsWith('ACK '))).toHaveLength(1);
  });

  it('I-12: mistakes are NOK, and the connection stays', async () => {
    const { call, invite } = await answered();
    send(call.request('ACK'));
    const late = await respond(invite, '487 Request Terminated');
    expect(late.fields.slice(3)).toEqual(['NOK', 'Response not sent due to unknown transaction']);
    const gone = await app.ask('sip||gone;from-tag=x|\r\nBYE sip:placeholder SIP/2.0\r\n\r\n');
    expect(gone.fields.slice(3)).toEqual([
      'NOK',
      'Server error: unable to find dialog for dialog id provided',
    ]);
    await place('INVITE', 'Content-Length: 0\r\n');
    const refused = await peer.next('INVITE');
    send(createCall(peer, harness.port).respond(refused, 486, 'Busy Here'));
    const busy = await response('INVITE 486');
    const ack = await app.ask(`sip||${busy.fields[9]}|\r\nACK sip:placeholder SIP/2.0\r\n\r\n`);
    expect(ack.fields.slice(3)).toEqual([
      'NOK',
      'Server error: ACK for non-success final response is automatically generated by server',
    ]);
    expect((await app.ask('ping')).fields.slice(3)).toEqual(['OK', 'pong']);
  });
});

describe('a request of the application', () => {
  /** Final responses delivered for a transaction. */
  const finals = (txn: string | undefined): readonly Frame[] =>
    delivered().filter(({ fields, text }) => fields[8] === txn && /^SIP\/2\.0 [2-6]/.test(text));

  it.each(['OPTIONS', 'INVITE', 'MESSAGE'])('I-6: %s without an answer gets one 408', async (method) => {
    const { fields } = await place(method);
    const found = await response(`${method} 408`);
    const timeout = read(found.text);
    for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq'])
      expect(timeout.headers(name)).toHaveLength(1);
    await pause(200);
    expect(finals(fields[10])).toEqual([found]);
  });

  it('I-6: to nowhere gets one 503', async () => {
    const { fields } = await app.ask('sip||\r\nOPTIONS sip:x@nowhere.invalid SIP/2.0\r\n\r\n');
    expect(fields[3]).toBe('OK');
    await response('OPTIONS 503');
    await pause(200);
    expect(finals(fields[10])).toHaveLength(1);
  });

  it.each(['OPTIONS', 'INVITE'])('I-6, I-8: %s answered again and again gets the first', async (method) => {
    const { fields } = await place(method);
    const request = await peer.next(method);
    const call = createCall(peer, harness.port);
    for (const status of [100, 404, 404, 404]) send(call.respond(request, status, 'Text'));
    await response(`${method} 404`);
    await settled();
    await pause(200);
    expect(finals(fields[10])).toHaveLength(1);
    expect(delivered().some(({ text }) => text.startsWith('SIP/2.0 100'))).toBe(false);
  });

  it('I-6, I-8: an INVITE that rings for ever is withdrawn and gets one final response', async () => {
    const { fields } = await place('INVITE');
    const invite = await peer.next('INVITE');
    const call = createCall(peer, harness.port);
    send(call.respond(invite, 180, 'Ringing'));
    const cancel = await peer.next('CANCEL');
    send(call.respond(cancel, 200, 'OK'));
    await response('INVITE 408');
    send(call.respond(invite, 487, 'Request Terminated'));
    await settled();
    expect(finals(fields[10])).toHaveLength(1);
    expect(delivered().some(({ text }) => text.includes(' CANCEL\r\n'))).toBe(false);
  });

  it('I-10: has its dialog in every response to INVITE and SUBSCRIBE, refusals too, and no other', async () => {
    for (const [method, dialog] of [
      ['INVITE', true],
      ['SUBSCRIBE', true],
      ['OPTIONS', false],
    ] as const) {
      const reply = await place(method);
      const request = await peer.next(method);
      const call = createCall(peer, harness.port);
      if (method === 'INVITE') send(call.respond(request, 180, 'Ringing'));
      send(call.respond(request, 403, 'Forbidden'));
      const id = `${request.header('Call-ID')};from-tag=${tagIn(request.header('From'))}`;
      const refusal = await response(`${method} 403`);
      expect(refusal.fields[8]).toBe(reply.fields[10]);
      expect(refusal.fields[9]).toBe(dialog ? id : '');
      if (method === 'INVITE') expect((await response('INVITE 180')).fields[9]).toBe(id);
    }
  });

  it('I-11: is echoed as it went over the wire', async () => {
    const { text } = await place('INVITE', 'From: Bob <sip:bob@localhost>\r\nContact: sip:bob@localhost\r\n');
    expect((await peer.next('INVITE')).text).toBe(text);
    expect(text).not.toContain('localhost');
    const { reply, ok } = await answered();
    expect(reply.text).toBe(ok.text);
    expect(tagIn(read(reply.text).header('To'))).not.toBe('');
    expect(read(reply.text).header('Contact')).toMatch(/^<sip:127\.0\.0\.1:\d+>$/);
  });
});

describe('a message of the network', () => {
  it('I-7: comes with long names, unfolded, with a Content-Length and an empty line', async () => {
    const text = [
      `OPTIONS sip:service@127.0.0.1:${harness.port} SIP/2.0`,
      `v: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=${newBranch()};rport`,
      'f: <sip:peer@127.0.0.1>',
      '  ;tag=one',
      't: <sip:service@127.0.0.1>',
      'i: compact',
      'CSeq: 1 OPTIONS',
      'o: presence',
      'x: 1800',
      'k: timer',
      '',
      '',
    ].join('\r\n');
    send(text);
    const found = read((await app.request('OPTIONS')).text);
    expect(found.header('From')).toBe('<sip:peer@127.0.0.1> ;tag=one');
    expect(found.header('Event')).toBe('presence');
    expect(found.header('Session-Expires')).toBe('1800');
    expect(found.header('Supported')).toBe('timer');
    expect(found.header('Call-ID')).toBe('compact');
    expect(found.header('Via')).toContain(`rport=${peer.port}`);
    expect(found.header('Content-Length')).toBe('0');
    expect(found.text.endsWith('\r\n\r\n')).toBe(true);
  });

  it.each([
    'From: <sip:other@127.0.0.1>;tag=other',
    'To: <sip:other@127.0.0.1>',
    'Call-ID: other',
    'CSeq: 7 OPTIONS',
    'Max-Forwards: 7',
    'Content-Length: 0',
  ])('I-7: a second %s is a 400', async (line) => {
    send(createCall(peer, harness.port).request('OPTIONS', { toTag: '', headers: [line] }));
    await peer.next('OPTIONS 400');
    expect(delivered()).toEqual([]);
  });

  it('I-8: retransmissions, and the ACK of a refusal, stay in the engine', async () => {
    const call = createCall(peer, harness.port);
    const branch = newBranch();
    const invite = call.invite({ branch });
    send(invite);
    send(invite);
    await respond(await app.request('INVITE'), '486 Busy Here');
    send(invite);
    call.remoteTag = tagIn((await peer.next('INVITE 486')).header('To'));
    send(call.request('ACK', { branch }));
    await settled();
    expect(delivered().filter(({ text }) => /^(?:INVITE|ACK) /.test(text))).toHaveLength(1);
  });

  it('I-9: its body is as long as it says: more is cut off, less is a 400', async () => {
    const text = createCall(peer, harness.port).request('MESSAGE', { toTag: '', body: 'v=hello' });
    send(`${text} and more`);
    const found = read((await app.request('MESSAGE')).text);
    expect(found.body).toBe('v=hello');
    expect(found.header('Content-Length')).toBe('7');
    const short = createCall(peer, harness.port).request('MESSAGE', { toTag: '', body: 'v=hello' });
    send(short.slice(0, -1));
    await peer.next('MESSAGE 400');
  });

  it('I-10: has its dialog when it is in one, and the reply to its response too', async () => {
    const { call, invite, reply } = await answered();
    expect(reply.fields[11]).toBe(`${call.id};from-tag=${tagIn(read(invite.text).header('From'))}`);
    send(call.request('ACK'));
    send(call.request('INFO', { cseq: 5, body: sdp() }));
    const info = await app.request('INFO');
    expect(info.fields[9]).toBe(reply.fields[11]);
    expect((await respond(info, '200 OK')).fields[11]).toBe(reply.fields[11]);
    send(createCall(peer, harness.port).request('OPTIONS', { toTag: '' }));
    const options = await app.request('OPTIONS');
    expect(options.fields[9]).toBe('');
    expect((await respond(options, '200 OK')).fields[11]).toBe('');
    await until(() => peer.count('OPTIONS 200') === 1);
  });
});
