import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { newBranch, token, writeSip } from '../support/sip-message.ts';
import { sleep } from '../support/wait.ts';
import { PROTOCOLS, type Protocol } from './wire.ts';

/** What strangers and broken peers do to a server. Nobody waits for an answer. */

const request = (method: string, host: string, more: readonly (readonly [string, string])[] = []): string =>
  writeSip(`${method} sip:anyone@127.0.0.1 SIP/2.0`, [
    ['Via', `SIP/2.0/UDP ${host};branch=${newBranch()};rport`],
    ['Max-Forwards', '70'],
    ['From', `<sip:noise@127.0.0.1>;tag=${token()}`],
    ['To', '<sip:anyone@127.0.0.1>'],
    ['Call-ID', token(10)],
    ['CSeq', `1 ${method}`],
    ...more,
  ]);

const good = (): string => request('OPTIONS', '127.0.0.1:9');

const BROKEN: readonly (() => string | Buffer)[] = [
  () => good().replace(/CSeq: .*\r\n/, ''),
  () => good().replace('CSeq: 1 OPTIONS', 'CSeq: 99999999999 OPTIONS'),
  () => good().replace('CSeq: 1 OPTIONS', 'CSeq: 1 INVITE'),
  () => good().replace(/Content-Length: 0/, 'Content-Length: 5000'),
  () => good().replace(/Content-Length: 0/, 'Content-Length: -1'),
  () => good().replace('SIP/2.0\r\n', 'SIP/7.0\r\n'),
  () => good().replace('Max-Forwards: 70', 'Max-Forwards: 0'),
  () => good().replace('To: <sip:anyone@127.0.0.1>', 'To: "anyone <sip:anyone@127.0.0.1>'),
  () => good().replace(/Via: .*\r\n/, ''),
  () => good().replace('Call-ID: ', 'Call-ID: a|b'),
  () => 'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKnone\r\n\r\n',
  () => Buffer.from(token(300), 'hex'),
  () => `${good().slice(0, -2)}${'X-Long: '.padEnd(9000, 'a')}\r\n\r\n`,
  () => request('BYE', '127.0.0.1:9'),
  () => request('CANCEL', '127.0.0.1:9'),
  () => request('ACK', '127.0.0.1:9'),
  () => request('INVITE', '127.0.0.1:9').replace(/From: .*\r\n/, ''),
];

/** Sends one datagram, from an address of its own. */
const throwAt = async (port: number, data: string | Buffer, from = '127.0.0.1'): Promise<void> => {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  await new Promise<void>((resolve) => socket.send(data, port, '127.0.0.1', () => resolve()));
  await sleep(20);
  socket.close();
};

export const malformed = (port: number, n: number): Promise<void> => {
  const broken = BROKEN[n % BROKEN.length] ?? good;
  return throwAt(port, broken());
};

export const unknownMethod = (port: number, n: number): Promise<void> =>
  throwAt(port, request(['BREW', 'PROPFIND', 'FOO', 'options'][n % 4] ?? 'FOO', '127.0.0.1:9'));

/** A scanner from an address that was never seen before: 127.32.0.0 upwards. */
export const scanner = (port: number, n: number): Promise<void> =>
  throwAt(
    port,
    request('OPTIONS', '127.0.0.1:9', [['User-Agent', 'friendly-scanner']]),
    `127.${32 + ((n >> 16) & 63)}.${(n >> 8) & 255}.${n & 255}`,
  );

/** What is written on a connection before it is dropped; each could go on. */
const BEGINNINGS: readonly (() => string | Buffer)[] = [
  () => '',
  () => good().slice(0, 60),
  () => good().replace('Content-Length: 0', 'Content-Length: 400'),
  () => `${good()}${good().slice(0, 100)}`,
  () => '\r\n\r\n',
  () => 'GET /chat HTTP/1.1\r\nHost: house\r\nUpgrade: websocket\r\n',
  () => Buffer.from('160301020001000001fc0303', 'hex'),
  () => Buffer.from(token(100), 'hex'),
];

/** A connection that ends in the middle: of a handshake, a message, or before anything. */
export const halfConnection = async (portOf: (protocol: Protocol) => number, n: number): Promise<void> => {
  const protocol = PROTOCOLS[1 + (n % (PROTOCOLS.length - 1))] ?? 'tcp';
  const socket = connect(portOf(protocol), '127.0.0.1');
  socket.on('error', () => {});
  socket.on('data', () => {});
  socket.on('connect', () => socket.write((BEGINNINGS[(n >> 2) % BEGINNINGS.length] ?? good)()));
  await sleep(100 + (n % 10) * 40);
  if (n % 3 === 0) socket.end();
  else if (n % 3 === 1) socket.destroy();
  else socket.resetAndDestroy();
  await sleep(50);
  socket.destroy();
};

/** A caller that is never heard of again after the 200: without an ACK over UDP, after it over TCP. */
export const vanishingCaller = async (
  portOf: (protocol: Protocol) => number,
  n: number,
  uri: string,
): Promise<void> => {
  const callId = token(10);
  const from = `<sip:gone@127.0.0.1>;tag=${token()}`;
  const write = (method: string, via: string, to: string, sdp: string): string =>
    writeSip(
      `${method} ${uri} SIP/2.0`,
      [
        ['Via', `${via};branch=${newBranch()};rport`],
        ['Max-Forwards', '70'],
        ['From', from],
        ['To', to],
        ['Call-ID', callId],
        ['CSeq', `1 ${method}`],
        ['Contact', '<sip:gone@127.0.0.1:9>'],
      ],
      sdp,
    );
  const sdp =
    'v=0\r\no=- 3 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4004 RTP/AVP 0\r\n';
  if (n % 2 === 0)
    return throwAt(portOf('udp'), write('INVITE', 'SIP/2.0/UDP 127.0.0.1:9', '<sip:hangup@127.0.0.1>', sdp));
  const socket = connect(portOf('tcp'), '127.0.0.1');
  socket.on('error', () => {});
  const answered = new Promise<string>((resolve) => {
    let seen = '';
    socket.on('data', (data) => {
      seen += data.toString();
      const to = /^SIP\/2\.0 200[\s\S]*?\r\nTo: ([^\r]+)/m.exec(seen)?.[1];
      if (to !== undefined) resolve(to);
    });
  });
  socket.write(write('INVITE', 'SIP/2.0/TCP 127.0.0.1:9', '<sip:hangup@127.0.0.1>', sdp));
  const to = await Promise.race([answered, sleep(5000).then(() => undefined)]);
  if (to !== undefined) socket.write(write('ACK', 'SIP/2.0/TCP 127.0.0.1:9', to, ''));
  await sleep(50);
  socket.destroy();
};
