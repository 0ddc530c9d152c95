import { describe, expect, it } from 'vitest';
import {
  headerValue,
  headerValues,
  messageText,
  parseMessage,
  parseNameAddress,
  type SipMessage,
} from '../../../../src/sip-engine/message/index.ts';

const LINES = {
  via: 'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776',
  from: 'From: "Alice" <sip:alice@example.com>;tag=88sja8x',
  to: 'To: <sip:bob@example.com>',
  callId: 'Call-ID: 987asjd97y7atg',
  cseq: 'CSeq: 7 INVITE',
} as const;

type Changes = Partial<Record<keyof typeof LINES, string>>;

const bytesOf = (changes: Changes, more: readonly string[], start: string): Buffer =>
  Buffer.from([start, ...Object.values({ ...LINES, ...changes }), ...more, '', ''].join('\r\n'));

const INVITE = 'INVITE sip:bob@example.com SIP/2.0';

const read = (changes: Changes = {}, more: readonly string[] = [], start: string = INVITE): SipMessage => {
  const result = parseMessage(bytesOf(changes, more, start));
  if (!result.ok) throw new Error(result.reason);
  return result.message;
};

const status = (changes: Changes = {}, more: readonly string[] = [], start: string = INVITE): unknown => {
  const result = parseMessage(bytesOf(changes, more, start));
  return result.ok ? 'pass' : result.action === 'drop' ? 'drop' : result.status;
};

describe('header names', () => {
  // IANA, SIP Parameters, Header Fields.
  it.each([
    ['a', 'Accept-Contact'],
    ['b', 'Referred-By'],
    ['c', 'Content-Type'],
    ['d', 'Request-Disposition'],
    ['e', 'Content-Encoding'],
    ['j', 'Reject-Contact'],
    ['k', 'Supported'],
    ['m', 'Contact'],
    ['n', 'Identity-Info'],
    ['o', 'Event'],
    ['r', 'Refer-To'],
    ['s', 'Subject'],
    ['u', 'Allow-Events'],
    ['x', 'Session-Expires'],
    ['y', 'Identity'],
  ])('expands %s to %s, in either case', (compact, name) => {
    for (const spelled of [compact, compact.toUpperCase(), name.toUpperCase(), name.toLowerCase()]) {
      const field = read({}, [`${spelled}: <sip:a@b>`]).headers.at(-1);
      expect(field).toMatchObject({ key: name.toLowerCase(), name });
    }
  });

  it('expands those that are in every message', () => {
    const message = read(
      {
        via: 'v: SIP/2.0/UDP h;branch=z9hG4bK1',
        from: 'f: <sip:a@b>;tag=1',
        to: 'T: <sip:c@d>',
        callId: 'i: x',
        cseq: 'cSEQ: 7 INVITE',
      },
      ['l: 0'],
    );
    expect(message.headers.map((field) => field.name)).toEqual([
      'Via',
      'From',
      'To',
      'Call-ID',
      'CSeq',
      'Content-Length',
    ]);
  });

  it('allows blanks and folds around the colon', () => {
    const message = read({ callId: 'Call-ID \t:\r\n  abc', from: 'From\t:<sip:a@b>;tag=1' }, ['Subject :']);
    expect(message.core).toMatchObject({ callId: 'abc', fromTag: '1' });
    expect(headerValue(message, 'subject')).toBe('');
  });

  it('tells names apart that differ from known ones in one character', () => {
    const message = read({}, ['Call-IE: 1', 'Contacts: nonsense', 'Vib: x', 'CSeq_: x', 'Ct: x']);
    expect(message.headers.slice(5).map((field) => field.key)).toEqual([
      'call-ie',
      'contacts',
      'vib',
      'cseq_',
      'ct',
    ]);
  });
});

describe('values', () => {
  it('parts lists at commas outside quotes and brackets, in one line or in several', () => {
    const message = read({}, [
      'Contact: "a, \\"b\\", c" <sip:a,b@c;x=y>;q=0.5 , <sip:d@e>',
      'm: sip:f@g;expires=1',
      'Allow: INVITE,ACK,\r\n BYE',
      'Allow: INFO',
    ]);
    const contacts = headerValues(message, 'contact').map((value) => parseNameAddress(value));
    expect(contacts.map((contact) => [contact?.display, contact?.uri.raw])).toEqual([
      ['a, "b", c', 'sip:a,b@c;x=y'],
      [undefined, 'sip:d@e'],
      [undefined, 'sip:f@g'],
    ]);
    expect(headerValues(message, 'allow')).toEqual(['INVITE', 'ACK', 'BYE', 'INFO']);
  });

  it('leaves what it need not know as it is', () => {
    const odd = ['Subject: a  b\t"c', 'X-Odd: \\;,<>', 'Event: presence ; id = 1', 'Warning: 399 h "x, y"'];
    expect(
      read({}, odd)
        .headers.slice(5)
        .map((field) => field.value),
    ).toEqual(['a  b\t"c', '\\;,<>', 'presence ; id = 1', '399 h "x, y"']);
  });

  it('gives a bare URI no parameters, and one in brackets its own', () => {
    const bare = parseNameAddress('sip:a@b;lr;tag=1');
    expect([bare?.uri.parameters.size, bare?.parameters.get('lr')]).toEqual([0, '']);
    const own = parseNameAddress('<sip:a@b;lr?x=y>;tag=1');
    expect([own?.uri.parameters.get('lr'), own?.uri.headers, own?.parameters.size]).toEqual(['', 'x=y', 1]);
    for (const text of ['sip:a@b?x=y', 'sip:a,b@c', 'sip:a@b;x=<y>'])
      expect(parseNameAddress(text)).toBeUndefined();
  });

  it.each([
    'SIP / 2.0 / UDP h:5060 ; branch = z9hG4bK1 ; rport',
    'SIP/2.0/UDP\th;branch=z9hG4bK1',
    'SIP\t/\t2.0/UDP   [2001:db8::1] : 5061 ;branch=z9hG4bK1',
    'SIP/2.0/NEW h;hidden;ttl=16;maddr=[ff02::1];branch=z9hG4bK1;x="y;z"',
  ])('reads blanks in a Via: %s', (value) => {
    expect(read({ via: `Via: ${value}, SIP/2.0/TCP i` }).core.via.branch).toBe('z9hG4bK1');
  });

  it('writes the protocol of a Via in capitals', () => {
    const message = read({ via: 'Via: sip/2.0/udp h;branch=a, SIP/2.0/TCP i;x="y"' });
    expect(headerValue(message, 'via')).toBe('SIP/2.0/UDP h;branch=a, SIP/2.0/TCP i;x="y"');
  });

  it('quotes display names that strict readers would choke on, wherever addresses are', () => {
    const message = read({ from: 'From: Jörg (Büro) <sip:a@b>;tag=1' }, [
      'Contact: <sip:x@y>, Žofie 2.0 <sip:c@d>;q=1, Bob B <sip:e@f>',
    ]);
    expect(headerValue(message, 'from')).toBe('"Jörg (Büro)" <sip:a@b>;tag=1');
    expect(headerValue(message, 'contact')).toBe('<sip:x@y>, "Žofie 2.0" <sip:c@d>;q=1, Bob B <sip:e@f>');
  });

  it('puts a tag where simple readers find it, and drops repeated ones', () => {
    const from = (value: string) => headerValue(read({ from: `From: ${value}` }), 'from');
    expect(from('<sip:a@b>;x=[::1];y;tag=1')).toBe('<sip:a@b>;tag=1;x=[::1];y');
    expect(from('<sip:a@b>;x=;tag=1')).toBe('<sip:a@b>;tag=1;x');
    expect(from('<sip:a@b>;tag=1;tag=1')).toBe('<sip:a@b>;tag=1');
    for (const fine of [
      '<sip:a@b>;x=y;tag=1',
      '<sip:a@b>;x="[;";tag=1',
      'sip:a@b;tag=1;x=[::1]',
      '<sip:a@b> ; TAG = 1',
    ])
      expect(from(fine)).toBe(fine);
  });

  it('takes UTF-8 in names, subjects and reasons, and what is none as U+FFFD', () => {
    const message = read({}, ['Subject: 你好 𝄞'], 'SIP/2.0 486 занято');
    expect(message).toMatchObject({ reason: 'занято' });
    expect(headerValue(message, 'subject')).toBe('你好 𝄞');
    const bytes = bytesOf({}, ['Subject: \x80é'], INVITE);
    const broken = Buffer.from(bytes.toString('latin1').replace('\xc2\x80', '\xff'), 'latin1');
    const result = parseMessage(broken);
    expect(result.ok && headerValue(result.message, 'subject')).toBe('\ufffdé');
  });

  it('turns line ends of other scripts into blanks, which they would become lines of further up', () => {
    const message = read({}, ['Subject: \u2028a\u2028b\u2029'], 'SIP/2.0 200 a\u2028b');
    expect(headerValue(message, 'subject')).toBe('a b');
    expect(message).toMatchObject({ reason: 'a b' });
    expect(messageText(message)).not.toMatch(/[\u2028\u2029]/);
  });
});

describe('what is refused', () => {
  it.each<[string, Changes, readonly string[], string, unknown]>([
    ['another version', {}, [], 'INVITE sip:a@b SIP/2.1', 505],
    ['another version of a response', {}, [], 'SIP/2.1 200 OK', 'drop'],
    ['no SIP', {}, [], 'INVITE sip:a@b HTTP/1.1', 400],
    ['a request line above the limit', {}, [], `INVITE sip:${'a'.repeat(9000)}@b SIP/2.0`, 414],
    ['a status line above the limit', {}, [], `SIP/2.0 200 ${'a'.repeat(9000)}`, 'drop'],
    ['a URI with blanks of other scripts', {}, [], 'INVITE sip:a\u00a0b@c SIP/2.0', 400],
    ['a URI in brackets', {}, [], 'INVITE <sip:a@b> SIP/2.0', 400],
    ['a URI with headers', {}, [], 'INVITE sip:a@b?x=y SIP/2.0', 400],
    ['a URI with an empty port', {}, [], 'INVITE sip:a@b: SIP/2.0', 400],
    ['a broken tel URI', {}, [], 'INVITE tel:+49 SIP/2.0 SIP/2.0', 400],
    ['a tag that is no token', { from: 'From: <sip:a@b>;tag=a#b' }, [], INVITE, 400],
    ['a Date of another zone', {}, ['Date: Fri, 01 Jan 2010 16:00:00 +0100'], INVITE, 400],
    ['a Content-Length that is no number', {}, ['Content-Length: 0x0'], INVITE, 400],
    ['a Content-Length of two numbers', {}, ['Content-Length: 0, 0'], INVITE, 400],
    ['a Max-Forwards that is no number', {}, ['Max-Forwards: 7 0'], INVITE, 400],
    ['two top branches', { via: 'Via: SIP/2.0/UDP h;branch=a;branch=b' }, [], INVITE, 400],
    ['a Via without host', { via: 'Via: SIP/2.0/UDP :5060' }, [], INVITE, 400],
    ['a Route that is a star', {}, ['Route: *'], INVITE, 400],
  ])('%s', (_name, changes, more, start, expected) => {
    expect(status(changes, more, start)).toBe(expected);
  });

  it('is not what is merely unusual', () => {
    expect(status({}, [], 'INVITE tel:+49-30-(123).4;ext=5 SIP/2.0')).toBe('pass');
    expect(status({}, [], 'INVITE SIPS:%61@EXAMPLE.com;Transport=TCP SIP/2.0')).toBe('pass');
    expect(status({}, [], 'INVITE urn:service:sos SIP/2.0')).toBe('pass');
    expect(status({ callId: 'Call-ID: <"[{weird}]">@x' })).toBe('pass');
    expect(status({ cseq: 'CSeq: 0000000007 \t INVITE' })).toBe('pass');
    expect(status({}, ['Date: Thu, 21 Feb 2030 13:02:03 gmt', 'Date: x'])).toBe('pass');
    expect(status({}, ['Date: x'], 'SIP/2.0 200 OK')).toBe('pass');
  });
});
