/** The messages of RFC 5118 section 4, with CRLF, an empty line and a Content-Length that is right, which the RFC leaves out. */

const message = (start: string, headers: readonly string[], body: readonly string[] = []): Buffer => {
  const text = body.map((line) => `${line}\r\n`).join('');
  const lines = [start, ...headers, `Content-Length: ${Buffer.byteLength(text)}`, '', text];
  return Buffer.from(lines.join('\r\n'));
};

const USER = ['To: sip:user@example.com', 'From: sip:user@example.com;tag=81x2'];
const REFERENCE = [
  ...USER,
  'Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111',
  'Call-ID: SSG9559905523997077@hlau_4100',
  'Max-Forwards: 70',
  'Contact: "Caller" <sip:caller@[2001:db8::1]>',
  'CSeq: 98176 REGISTER',
];

const ABNF = (host: string): Buffer =>
  message(`OPTIONS sip:user@${host} SIP/2.0`, [
    `To: sip:user@${host}`,
    'From: sip:user@example.com;tag=810x2',
    'Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111',
    'Call-ID: G9559905523997077@hlau_4100',
    'CSeq: 689 OPTIONS',
    'Max-Forwards: 70',
  ]);

/** By the names that the RFC gives them. */
export const RFC5118 = {
  'ipv6-good': message('REGISTER sip:[2001:db8::10] SIP/2.0', REFERENCE),
  'ipv6-bad': message('REGISTER sip:2001:db8::10 SIP/2.0', REFERENCE),
  'port-ambiguous': message('REGISTER sip:[2001:db8::10:5070] SIP/2.0', REFERENCE),
  'port-unambiguous': message('REGISTER sip:[2001:db8::10]:5070 SIP/2.0', REFERENCE),
  'via-received-param-with-delim': message('BYE sip:[2001:db8::10] SIP/2.0', [
    'To: sip:user@example.com;tag=bd76ya',
    'From: sip:user@example.com;tag=81x2',
    'Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111',
    'Call-ID: SSG9559905523997077@hlau_4100',
    'Max-Forwards: 70',
    'CSeq: 321 BYE',
  ]),
  'via-received-param-no-delim': message('OPTIONS sip:[2001:db8::10] SIP/2.0', [
    ...USER,
    'Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3',
    'Call-ID: SSG95523997077@hlau_4100',
    'Max-Forwards: 70',
    'Contact: "Caller" <sip:caller@[2001:db8::9:1]>',
    'CSeq: 921 OPTIONS',
  ]),
  'ipv6-in-sdp': message(
    'INVITE sip:user@[2001:db8::10] SIP/2.0',
    [
      'To: sip:user@[2001:db8::10]',
      'From: sip:user@example.com;tag=81x2',
      'Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111',
      'Call-ID: SSG9559905523997077@hlau_4100',
      'Contact: "Caller" <sip:caller@[2001:db8::20]>',
      'CSeq: 8612 INVITE',
      'Max-Forwards: 70',
      'Content-Type: application/sdp',
    ],
    [
      'v=0',
      'o=assistant 971731711378798081 0 IN IP6 2001:db8::20',
      "s=Live video feed for today's meeting",
      'c=IN IP6 2001:db8::20',
      't=3338481189 3370017201',
      'm=audio 6000 RTP/AVP 2',
      'a=rtpmap:2 G726-32/8000',
      'm=video 6024 RTP/AVP 107',
      'a=rtpmap:107 H263-1998/90000',
    ],
  ),
  'mult-ip-in-header': message('BYE sip:user@host.example.net SIP/2.0', [
    'Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144',
    'Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200',
    'Call-ID: 997077@lau_4100',
    'Max-Forwards: 70',
    'CSeq: 89187 BYE',
    'To: sip:user@example.net;tag=9817--94',
    'From: sip:user@example.com;tag=81x2',
  ]),
  'mult-ip-in-sdp': message(
    'INVITE sip:user@[2001:db8::10] SIP/2.0',
    [
      'To: sip:user@[2001:db8::10]',
      'From: sip:user@example.com;tag=81x2',
      'Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111',
      'Call-ID: SSG9559905523997077@hlau_4100',
      'Contact: "Caller" <sip:caller@[2001:db8::9:1]>',
      'Max-Forwards: 70',
      'CSeq: 8912 INVITE',
      'Content-Type: application/sdp',
    ],
    [
      'v=0',
      'o=bob 280744730 28977631 IN IP4 host.example.com',
      's=',
      't=0 0',
      'm=audio 22334 RTP/AVP 0',
      'c=IN IP4 192.0.2.1',
      'm=video 6024 RTP/AVP 107',
      'c=IN IP6 2001:db8::1',
      'a=rtpmap:107 H263-1998/90000',
    ],
  ),
  'ipv4-mapped-ipv6': message(
    'INVITE sip:user@example.com SIP/2.0',
    [
      'To: sip:user@example.com',
      'From: sip:user@east.example.com;tag=81x2',
      'Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19',
      'Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111',
      'Call-ID: SSG9559905523997077@hlau_4100',
      'Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>',
      'CSeq: 612 INVITE',
      'Max-Forwards: 70',
      'Content-Type: application/sdp',
    ],
    [
      'v=0',
      'o=assistant 971731711378798081 0 IN IP6 ::ffff:192.0.2.2',
      's=Call me soon, please!',
      'c=IN IP6 ::ffff:192.0.2.2',
      't=3338481189 3370017201',
      'm=audio 6000 RTP/AVP 2',
      'a=rtpmap:2 G726-32/8000',
      'm=video 6024 RTP/AVP 107',
      'a=rtpmap:107 H263-1998/90000',
    ],
  ),
  'ipv6-bug-abnf-3-colons': ABNF('[2001:db8:::192.0.2.1]'),
  'ipv6-correct-abnf-2-colons': ABNF('[2001:db8::192.0.2.1]'),
} as const;
