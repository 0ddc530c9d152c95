import { describe, expect, it } from 'vitest';
import {
  buildResponse,
  canonicalName,
  DEFAULT_LIMITS,
  header,
  headerKey,
  headerValue,
  headerValues,
  parseMessage,
  type SipRequest,
  serializeMessage,
  stampReceived,
  withHeader,
  withoutHeaders,
} from '../../../../src/sip-engine/message/index.ts';

const LINES = {
  via: 'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776',
  from: 'From: "Alice" <sip:alice@example.com>;tag=88sja8x',
  to: 'To: <sip:bob@example.com>',
  callId: 'Call-ID: 987asjd97y7atg',
  cseq: 'CSeq: 7 INVITE',
  max: 'Max-Forwards: 70',
} as const;

type Changes = Partial<Record<keyof typeof LINES, string>>;

const invite = (
  changes: Changes = {},
  more: readonly string[] = [],
  body = '',
  start = 'INVITE sip:bob@example.com SIP/2.0',
): Buffer =>
  Buffer.from(
    [start, ...Object.values({ ...LINES, ...changes }).filter((line) => line !== ''), ...more, '', body].join(
      '\r\n',
    ),
  );

const verdict = (bytes: Buffer): unknown => {
  const result = parseMessage(bytes);
  if (result.ok) return 'pass';
  return result.action === 'drop' ? 'drop' : result.status;
};

const request = (bytes: Buffer): SipRequest => {
  const result = parseMessage(bytes);
  if (!result.ok || result.message.kind !== 'request') throw new Error('not a request');
  return result.message;
};

describe('parseMessage', () => {
  it('drops a tag that is repeated, and refuses two tags', () => {
    const message = request(invite({ to: 'To: <sip:bob@example.com>;tag=314;tag=314' }));
    expect(message.core.toTag).toBe('314');
    expect(headerValue(message, 'to')).toBe('<sip:bob@example.com>;tag=314');
    expect(verdict(invite({ to: 'To: <sip:bob@example.com>;tag=314;tag=315' }))).toBe(400);
  });

  it('keeps the first of two tags in a response: user agents add theirs to the one that is there', () => {
    const text =
      'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b.example>;tag=1\r\n' +
      'To: <sip:bob@example.com>;tag=314;x=y;tag=315\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n';
    const result = parseMessage(Buffer.from(text));
    if (!result.ok) throw new Error(result.reason);
    expect(result.message.core.toTag).toBe('314');
    expect(headerValue(result.message, 'to')).toBe('<sip:bob@example.com>;tag=314;x=y');
  });

  it('reads what each message is matched by', () => {
    const message = request(invite({ to: 'To: <sip:bob@example.com>;tag=314' }, ['Content-Length: 2'], 'hi'));
    expect(message).toMatchObject({ method: 'INVITE', uri: 'sip:bob@example.com' });
    expect(message.core).toMatchObject({
      callId: '987asjd97y7atg',
      fromTag: '88sja8x',
      toTag: '314',
      cseq: { number: 7, method: 'INVITE' },
      via: { branch: 'z9hG4bK776', port: 5060 },
    });
    expect(message.body.toString()).toBe('hi');
  });

  it('skips empty lines before a message', () => {
    expect(verdict(Buffer.concat([Buffer.from('\r\n\r\n'), invite()]))).toBe('pass');
  });

  it('expands compact names and unfolds lines', () => {
    const message = request(
      invite({ callId: 'i: abc', from: 'f:\r\n\t<sip:a@b>\r\n ;tag=1' }, ['x: 1800', 'r: <sip:c@d>']),
    );
    expect(message.core).toMatchObject({ callId: 'abc', fromTag: '1' });
    expect(message.headers.map((field) => field.name)).toEqual([
      'Via',
      'From',
      'To',
      'Call-ID',
      'CSeq',
      'Max-Forwards',
      'Session-Expires',
      'Refer-To',
    ]);
    expect(headerValue(message, 'from')).toBe('<sip:a@b> ;tag=1');
  });

  it.each<[string, Changes, readonly string[]]>([
    ['no From', { from: '' }, []],
    ['no To', { to: '' }, []],
    ['no Call-ID', { callId: '' }, []],
    ['no CSeq', { cseq: '' }, []],
    ['two Call-IDs', {}, ['i: other']],
    ['two From', {}, ['From: <sip:a@b>;tag=1']],
    ['two To', {}, ['t: <sip:a@b>']],
    ['two CSeq', {}, ['CSeq: 8 INVITE']],
    ['two Max-Forwards', {}, ['Max-Forwards: 69']],
    ['two equal Content-Lengths', {}, ['Content-Length: 0', 'l: 0']],
    ['a bar in Call-ID', { callId: 'Call-ID: a|b' }, []],
    ['a blank in Call-ID', { callId: 'Call-ID: a b' }, []],
    ['a NUL in Call-ID', { callId: 'Call-ID: a\0b' }, []],
    ['a Call-ID beyond ASCII', { callId: 'Call-ID: ü' }, []],
    ['a From tag beyond ASCII', { from: 'From: <sip:a@b>;tag=ü' }, []],
    ['an empty Call-ID', { callId: 'Call-ID:' }, []],
    ['a bar in the From tag', { from: 'From: <sip:a@b>;tag=a|b' }, []],
    ['a quoted From tag', { from: 'From: <sip:a@b>;tag="a b"' }, []],
    ['an empty To tag', { to: 'To: <sip:a@b>;tag=' }, []],
    ['another CSeq method', { cseq: 'CSeq: 7 BYE' }, []],
    ['a CSeq of 2^31', { cseq: 'CSeq: 2147483648 INVITE' }, []],
    ['a negative CSeq', { cseq: 'CSeq: -1 INVITE' }, []],
    ['Max-Forwards of 256', { max: 'Max-Forwards: 256' }, []],
    ['a second Via that is garbage', {}, ['Via: garbage']],
    ['an empty item among the Vias', {}, ['Via: SIP/2.0/UDP a,']],
    ['an empty item among the Contacts', {}, ['Contact: <sip:a@b>,,<sip:c@d>']],
    ['a garbled Contact', {}, ['Contact: <sip:a@b']],
    ['an empty Contact', {}, ['Contact:']],
    ['a star Contact outside REGISTER', {}, ['Contact: *']],
    ['a garbled Record-Route', {}, ['Record-Route: nonsense']],
    ['a line without colon', {}, ['nonsense']],
    ['a line without name', {}, [': nonsense']],
    ['a blank in a name', {}, ['No Name: x']],
    ['a stray LF', {}, ['Subject: a\nCall-ID: b']],
    ['a stray CR', {}, ['Subject: a\rb']],
  ])('refuses %s with 400', (_name, changes, more) => {
    expect(verdict(invite(changes, more))).toBe(400);
  });

  it.each([
    ['INVITE  sip:bob@example.com SIP/2.0', 400],
    ['INVITE sip:bob@example.com  SIP/2.0', 400],
    ['INVITE sip:bob@example.com SIP/2.0 ', 400],
    ['INVITE sip:bob@example.com?a=b SIP/2.0', 400],
    ['INVITE bob SIP/2.0', 400],
    ['INVITE sip:bob@example.com SIP/3.0', 505],
    ['INVITE sip:bob@example.com HTTP/1.1', 400],
    ['INVITE unknown:thing SIP/2.0', 'pass'],
    ['INVITE sip:bob@example.com sip/2.0', 'pass'],
    ['INV(TE sip:bob@example.com SIP/2.0', 'drop'],
    ['', 'drop'],
  ])('start line %j: %s', (start, expected) => {
    expect(verdict(invite({}, [], '', start))).toBe(expected);
  });

  it('takes a star Contact in REGISTER', () => {
    const bytes = invite(
      { cseq: 'CSeq: 1 REGISTER' },
      ['Contact: *', 'Expires: 0'],
      '',
      'REGISTER sip:example.com SIP/2.0',
    );
    expect(verdict(bytes)).toBe('pass');
  });

  it('takes an ACK whatever its Request-URI, since a call hangs on it', () => {
    const ack = (uri: string): Buffer =>
      Buffer.from(
        `ACK ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b.example>;tag=1\r\n` +
          'To: <sip:b@c.example>;tag=2\r\nCall-ID: x\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n',
      );
    expect(parseMessage(ack('sip:sip:192.0.2.9:5060')).ok).toBe(true);
    expect(parseMessage(ack('<sip:b@c.example> x')).ok).toBe(false);
  });

  it('never asks for an answer to an ACK, a response, or what has no Via', () => {
    expect(
      verdict(invite({ cseq: 'CSeq: 7 ACK', from: '' }, [], '', 'ACK sip:bob@example.com SIP/2.0')),
    ).toBe('drop');
    expect(verdict(invite({ from: '' }, [], '', 'SIP/2.0 200 OK'))).toBe('drop');
    expect(verdict(invite({ via: '' }))).toBe('drop');
  });

  it('cuts a surplus and refuses a body that is too short', () => {
    expect(request(invite({}, ['Content-Length: 3'], 'abcdef')).body.toString()).toBe('abc');
    expect(verdict(invite({}, ['Content-Length: 7'], 'abcdef'))).toBe(400);
    expect(verdict(invite({}, ['Content-Length: 6'], 'abcdef'))).toBe('pass');
    expect(request(invite({}, [], 'abcdef')).body.toString()).toBe('abcdef');
  });

  it('leaves headers out of a response that dialogs could not use', () => {
    const result = parseMessage(
      invite({}, ['Contact: <sip:a@b', 'Record-Route: <sip:r;lr>'], '', 'SIP/2.0 200 OK'),
    );
    if (!result.ok) throw new Error(result.reason);
    expect(headerValue(result.message, 'contact')).toBeUndefined();
    expect(headerValue(result.message, 'record-route')).toBe('<sip:r;lr>');
  });

  it.each([
    ['100', 'pass'],
    ['100 ', 'pass'],
    ['699 x', 'pass'],
    ['099 x', 'drop'],
    ['700 x', 'drop'],
    ['2000 x', 'drop'],
    ['20 x', 'drop'],
    ['abc x', 'drop'],
  ])('status line SIP/2.0 %s: %s', (rest, expected) => {
    expect(verdict(invite({}, [], '', `SIP/2.0 ${rest}`))).toBe(expected);
  });

  it('keeps to its limits', () => {
    const many = (count: number, line: string): string[] => Array.from({ length: count }, () => line);
    expect(verdict(invite({}, many(250, 'X-A: 1')))).toBe('pass');
    expect(verdict(invite({}, many(251, 'X-A: 1')))).toBe(400);
    expect(verdict(invite({}, many(99, LINES.via)))).toBe('pass');
    expect(verdict(invite({}, many(100, LINES.via)))).toBe(400);
    expect(verdict(invite({}, [`Allow: ${many(50, 'A').join(',')}`]))).toBe('pass');
    expect(verdict(invite({}, [`Allow: ${many(51, 'A').join(',')}`]))).toBe(400);
    expect(verdict(invite({}, many(6, `Allow: ${many(49, 'A').join(',')}`)))).toBe(400);
    expect(verdict(invite({}, [`Subject: ${many(2000, 'A').join(',')}`]))).toBe('pass');
    expect(verdict(invite({}, [`Contact: "${many(200, 'A').join(',')}" <sip:a@b>`]))).toBe('pass');
    expect(verdict(invite({}, [`Subject: ${'a'.repeat(DEFAULT_LIMITS.line)}`]))).toBe(400);
    expect(verdict(invite({}, [`Subject: ${many(900, 'aaaaaaaaa').join('\r\n ')}`]))).toBe(400);
    expect(verdict(invite({}, [], 'a'.repeat(DEFAULT_LIMITS.message)))).toBe(513);
  });

  it('leaves out escaped header names, which lenient readers would take for known ones', () => {
    const message = request(invite({}, ['%43all-ID: other']));
    expect(headerValues(message, 'call-id')).toEqual(['987asjd97y7atg']);
    expect(serializeMessage(message).toString()).not.toContain('other');
  });

  it('decodes bytes that are not UTF-8 with replacement', () => {
    const bytes = Buffer.concat([
      Buffer.from('INVITE sip:bob@example.com SIP/2.0\r\nSubject: '),
      Buffer.from([0xfc, 0x0d, 0x0a]),
      invite().subarray(36),
    ]);
    expect(headerValue(request(bytes), 'subject')).toBe('\ufffd');
  });
});

describe('names', () => {
  it('gives keys and usual spellings', () => {
    expect(['I', 'CALL-ID', 'x-Own-THING', 'k', 'Ü'].map(headerKey)).toEqual([
      'call-id',
      'call-id',
      'x-own-thing',
      'supported',
      'ü',
    ]);
    expect(
      ['cseq', 'CALL-ID', 'x-Own-THING', 'www-authenticate', 'p-asserted-identity', 'foo-bar', 'c'].map(
        canonicalName,
      ),
    ).toEqual([
      'CSeq',
      'Call-ID',
      'x-Own-THING',
      'WWW-Authenticate',
      'P-Asserted-Identity',
      'Foo-Bar',
      'Content-Type',
    ]);
  });
});

describe('writing', () => {
  it('always gives the right Content-Length, once', () => {
    const message = request(invite({}, ['Content-Length: 2'], 'hi'));
    const text = serializeMessage({ ...message, body: Buffer.from('größer') }).toString();
    expect(text).toMatch(/\r\nContent-Length: 8\r\n\r\ngrößer$/);
    expect(text.match(/content-length/gi)).toHaveLength(1);
    expect(serializeMessage({ ...message, body: Buffer.alloc(0) }).toString()).toMatch(
      /\r\nContent-Length: 0\r\n\r\n$/,
    );
  });

  it('lets no caller smuggle in a header', () => {
    const message = request(invite());
    const text = serializeMessage({
      ...message,
      headers: [...message.headers, header('Subject', 'a\r\nEvil: 1\n\nx')],
    }).toString();
    expect(text).toContain('Subject: a Evil: 1 x\r\n');
  });

  it('builds responses with the copied headers and a To tag', () => {
    const message = request(
      invite({}, [`Via: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK2`, 'Timestamp: 54', 'Subject: x']),
    );
    const ringing = buildResponse(message, 180, { toTag: 'abc', headers: [header('Server', 'x')] });
    expect(ringing).toMatchObject({ status: 180, reason: 'Ringing' });
    expect(ringing.headers.map((field) => field.key)).toEqual([
      'via',
      'from',
      'to',
      'call-id',
      'cseq',
      'via',
      'server',
    ]);
    expect(headerValue(ringing, 'to')).toBe('<sip:bob@example.com>;tag=abc');
    const result = parseMessage(serializeMessage(ringing));
    expect(result.ok && result.message.core.toTag).toBe('abc');
    const trying = buildResponse(message, 100);
    expect(headerValue(trying, 'to')).toBe('<sip:bob@example.com>');
    expect(headerValue(trying, 'timestamp')).toBe('54');
    expect(headerValue(buildResponse(message, 486), 'to')).toMatch(/;tag=[A-Za-z0-9]{13}$/);
    const tagged = request(invite({ to: 'To: <sip:bob@example.com>;tag=own' }));
    expect(headerValue(buildResponse(tagged, 200, { toTag: 'other' }), 'to')).toBe(
      '<sip:bob@example.com>;tag=own',
    );
    expect(buildResponse(message, 499).reason).toBe('Bad Request');
  });

  it('fills in received and rport of the top Via only', () => {
    const two = 'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK2';
    const message = stampReceived(request(invite({ via: two })), '203.0.113.9', 4242);
    expect(headerValues(message, 'via')).toEqual([
      'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport=4242;received=203.0.113.9',
      'SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK2',
    ]);
    expect(message.core.via.parameters.get('received')).toBe('203.0.113.9');
    const lying = request(invite({ via: 'Via: SIP/2.0/UDP 10.0.0.1;received=1.1.1.1;rport=1;branch=z' }));
    expect(headerValue(stampReceived(lying, '2001:db8::1', 5060), 'via')).toBe(
      'SIP/2.0/UDP 10.0.0.1;received=2001:db8::1;rport=5060;branch=z',
    );
  });

  it('replaces and removes headers', () => {
    const { headers } = request(invite({}, ['Contact: <sip:a@b>', 'Contact: <sip:c@d>']));
    const replaced = withHeader(headers, 'm', '<sip:x@y>');
    expect(headerValues({ headers: replaced }, 'contact')).toEqual(['<sip:x@y>']);
    expect(withHeader(replaced, 'Expires', '1').at(-1)).toEqual({
      key: 'expires',
      name: 'Expires',
      value: '1',
    });
    expect(headerValue({ headers: withoutHeaders(headers, 'contact', 'to') }, 'to')).toBeUndefined();
  });
});
