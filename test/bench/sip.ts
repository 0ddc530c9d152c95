import jssip from 'jssip/lib/Parser.js';
import sip from 'sip';
import { LoggerFactory } from 'sip.js/lib/core/log/logger-factory.js';
import { Parser } from 'sip.js/lib/core/messages/parser.js';
import { parseMessage } from '../../src/sip-engine/message/index.ts';
import { type Pair, startPair } from '../integration/sip-engine/srf/pair.ts';
import { round } from './figures.ts';

const SDP = [
  'v=0',
  'o=- 1718 1718 IN IP4 198.51.100.7',
  's=-',
  'c=IN IP4 198.51.100.7',
  't=0 0',
  'm=audio 40000 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n');

const message = (lines: readonly string[], body = ''): string =>
  [...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');

const VIA = 'Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-524287-1---f5c1d2a3b4e6a7c8;rport';
const FROM = 'From: "Alice Example" <sip:+4915112345678@carrier.example>;tag=9fxced76sl';
const CALL_ID = 'Call-ID: 3848276298220188511@carrier.example';
const CONTACT = 'Contact: <sip:+4915112345678@198.51.100.7:5060;transport=udp>';

/** As carriers and phones send them. */
const MESSAGES = {
  INVITE: message(
    [
      'INVITE sip:+4930123456@sip.example.com:5060;transport=udp SIP/2.0',
      VIA,
      'Max-Forwards: 70',
      'Record-Route: <sip:198.51.100.1;lr;ftag=9fxced76sl>',
      FROM,
      'To: <sip:+4930123456@sip.example.com>',
      CALL_ID,
      'CSeq: 1 INVITE',
      CONTACT,
      'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY',
      'Supported: timer, 100rel, replaces',
      'Session-Expires: 1800;refresher=uac',
      'Min-SE: 90',
      'User-Agent: Carrier SBC 9.2',
      'P-Asserted-Identity: <sip:+4915112345678@carrier.example>',
      'Content-Type: application/sdp',
    ],
    SDP,
  ),
  '200': message(
    [
      'SIP/2.0 200 OK',
      VIA,
      FROM,
      'To: <sip:+4930123456@sip.example.com>;tag=as6f1d2e',
      CALL_ID,
      'CSeq: 1 INVITE',
      'Contact: <sip:192.0.2.4:5060>',
      'Server: PBX 20',
      'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS',
      'Content-Type: application/sdp',
    ],
    SDP,
  ),
  REGISTER: message([
    'REGISTER sip:sip.example.com SIP/2.0',
    VIA,
    'Max-Forwards: 70',
    'From: <sip:alice@sip.example.com>;tag=4fa3',
    'To: <sip:alice@sip.example.com>',
    CALL_ID,
    'CSeq: 12 REGISTER',
    `${CONTACT};expires=600`,
    'Authorization: Digest username="alice", realm="sip.example.com", nonce="84a4cc6f3082121f32b42a2187831a9e", uri="sip:sip.example.com", response="7587245234b3434cc3412213e5f113a5"',
    'Expires: 600',
    'User-Agent: Phone 1.0',
  ]),
  ACK: message([
    'ACK sip:192.0.2.4:5060 SIP/2.0',
    VIA,
    'Max-Forwards: 70',
    FROM,
    'To: <sip:+4930123456@sip.example.com>;tag=as6f1d2e',
    CALL_ID,
    'CSeq: 1 ACK',
  ]),
} as const;

type MessageName = keyof typeof MESSAGES;
type ParserName = 'dialtrace' | 'sip' | 'jssip' | 'sip.js';

const quiet = new LoggerFactory();
quiet.builtinEnabled = false;
const logger = quiet.getLogger('bench');

/** Each from what its own transport hands it: bytes, or text made of them. */
const PARSERS: Readonly<Record<ParserName, (bytes: Buffer) => unknown>> = {
  dialtrace: (bytes) => parseMessage(bytes).ok,
  sip: (bytes) => sip.parse(bytes.toString('latin1')),
  jssip: (bytes) => jssip.parseMessage(bytes.toString('utf8'), {}),
  'sip.js': (bytes) => Parser.parseMessage(bytes.toString('utf8'), logger),
};

/** Microseconds of CPU that one call takes, over about `ms` milliseconds. */
const costOf = (parse: (bytes: Buffer) => unknown, bytes: Buffer, ms: number): number => {
  if (!parse(bytes)) throw new Error('a parser refuses a message of the bench');
  const began = process.cpuUsage();
  const until = performance.now() + ms;
  let count = 0;
  while (performance.now() < until) {
    for (let turn = 0; turn < 20; turn += 1) parse(bytes);
    count += 20;
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / count;
};

export type ParserCost = {
  readonly message: MessageName;
  readonly microseconds: Readonly<Record<ParserName, number>>;
};

/**
 * What parsing costs, ours beside others. They take turns, several times, and the best turn of each counts: other work on
 * the machine disturbs all alike.
 */
export const benchParsers = (secondsEach: number): ParserCost[] => {
  const turns = 8;
  return Object.entries(MESSAGES).map(([name, text]) => {
    const bytes = Buffer.from(text);
    const best = new Map<string, number>();
    for (let turn = 0; turn < turns; turn += 1) {
      for (const [parser, parse] of Object.entries(PARSERS)) {
        const cost = costOf(parse, bytes, (secondsEach * 1000) / turns);
        best.set(parser, Math.min(best.get(parser) ?? Number.POSITIVE_INFINITY, cost));
      }
    }
    const microseconds = Object.fromEntries([...best].map(([parser, cost]) => [parser, round(cost)]));
    return { message: name, microseconds } as ParserCost;
  });
};

export type SipRate = {
  readonly perSecond: number;
  readonly failed: number;
  /** Milliseconds of CPU for each, both engines and both applications together. */
  readonly cpuMs: number;
};

type Protocol = 'udp' | 'tls';

/** Does one thing after another, so many at a time, for some seconds. */
const rateOf = async (seconds: number, atOnce: number, one: () => Promise<void>): Promise<SipRate> => {
  let done = 0;
  let failed = 0;
  const run = async (until: number): Promise<void> => {
    while (performance.now() < until) {
      try {
        await one();
        done += 1;
      } catch {
        failed += 1;
      }
    }
  };
  const all = (ms: number) => Promise.all(Array.from({ length: atOnce }, () => run(performance.now() + ms)));
  await all(1000);
  done = 0;
  failed = 0;
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await all(seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = round((done / (performance.now() - began)) * 1000, 0);
  return { perSecond, failed, cpuMs: round((user + system) / 1000 / Math.max(1, done)) };
};

const withPair = async (measure: (pair: Pair) => Promise<SipRate>): Promise<SipRate> => {
  const pair = await startPair();
  try {
    return await measure(pair);
  } finally {
    await pair.close();
  }
};

/** Transactions that go from one drachtio-srf application through two engines to another: OPTIONS and its 200. */
export const benchTransactions = (protocol: Protocol, seconds: number): Promise<SipRate> =>
  withPair(({ near, far }) => {
    far.handle('options', (_req, res) => res.send(200));
    return rateOf(seconds, 40, async () => {
      const request = await near.srf.request(far.uri(protocol), { method: 'OPTIONS' });
      await new Promise<void>((resolve, reject) => {
        request.on('response', (response: { status: number }) =>
          response.status === 200 ? resolve() : reject(new Error(`status ${response.status}`)),
        );
      });
    });
  });

/** Calls the same way: INVITE, 200, ACK, BYE, 200. */
export const benchCalls = (protocol: Protocol, seconds: number): Promise<SipRate> =>
  withPair(({ near, far }) => {
    far.handle('invite', (req, res) => void far.srf.createUAS(req, res, { localSdp: SDP }));
    return rateOf(seconds, 20, async () => {
      const dialog = await near.srf.createUAC(far.uri(protocol), { localSdp: SDP });
      await dialog.destroy();
    });
  });
