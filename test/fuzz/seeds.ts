import { readdirSync, readFileSync } from 'node:fs';
import { RFC5118 } from './rfc5118.ts';

const folder = new URL('../fixtures/rfc4475/', import.meta.url);
const torture = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)));

const SDP =
  'v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n';

const message = (lines: readonly string[], body = ''): Buffer =>
  Buffer.from([...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));

const DIALOG = [
  'Via: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK41d4.1;rport=5060;received=198.51.100.1',
  'Via: SIP/2.0/TCP 198.51.100.7:5060;branch=z9hG4bK-524287-1---f5c1;rport',
  'From: "Alice, \\"A\\"" <sip:+4915112345678@carrier.example;user=phone>;tag=9fxced76sl',
  'To: Bob Example <sip:+4930123456@sip.example.com>;tag=as7d',
  'Call-ID: 3848276298220188511@carrier.example',
];

/** What goes over the wire on good days. */
export const NORMAL: readonly Buffer[] = [
  message(
    [
      'INVITE sip:+4930123456@sip.example.com:5060;transport=udp SIP/2.0',
      'Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-524287-1---f5c1d2a3b4e6a7c8;rport',
      'Max-Forwards: 70',
      'Record-Route: <sip:198.51.100.1;lr;ftag=9fxced76sl>, <sip:[2001:db8::1]:5061;lr>',
      'From: Jörg Müller <sip:+4915112345678@carrier.example>;x=[::1];tag=9fxced76sl',
      'To: <sip:+4930123456@sip.example.com>',
      'Call-ID: 3848276298220188511@carrier.example',
      'CSeq: 1 INVITE',
      'Contact: <sip:+4915112345678@198.51.100.7:5060;transport=udp>;+sip.instance="<urn:uuid:1>"',
      'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY',
      'Session-Expires: 1800;refresher=uac',
      'Min-SE: 90',
      'Diversion: <tel:+4930999>;reason=unconditional',
      'Date: Thu, 21 Feb 2030 13:02:03 GMT',
      'Content-Type: application/sdp',
    ],
    SDP,
  ),
  message(
    [
      'SIP/2.0 200 Schön',
      ...DIALOG,
      'CSeq: 1 INVITE',
      'Contact: sip:bob@192.0.2.4;expires=3600',
      'Server: x',
    ],
    SDP,
  ),
  message(['ACK sip:bob@192.0.2.4;transport=tcp SIP/2.0', ...DIALOG, 'CSeq: 1 ACK', 'Route: <sip:a;lr>']),
  message([
    'BYE tel:+4930123456;phone-context=example.com SIP/2.0',
    ...DIALOG,
    'CSeq: 2 BYE',
    'Reason: Q.850;cause=16;text="x, y"',
  ]),
  message([
    'REGISTER sips:example.com SIP/2.0',
    'v: SIP / 2.0 / WSS abc.invalid ; branch = z9hG4bKx',
    'f: <sip:a@example.com>;tag=1',
    't: sip:a@example.com',
    'i: 1',
    'CSeq:0001  REGISTER',
    'm: *',
    'Expires: 0',
    'Authorization: Digest username="a", realm="b,c", nonce="d", uri="sip:example.com", response="e", nc=00000001',
    'Subject: folded\r\n   twice\r\n\tover',
  ]),
];

/** Where mutation begins. */
export const SEEDS: readonly Buffer[] = [...torture, ...Object.values(RFC5118), ...NORMAL];
