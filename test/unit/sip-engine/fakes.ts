import type { SipRequest, SipResponse } from '../../../src/sip-engine/message/index.ts';
import { parseMessage } from '../../../src/sip-engine/message/index.ts';
import type { Target } from '../../../src/sip-engine/transaction/index.ts';
import { createTimers, type TransactionBase } from '../../../src/sip-engine/transaction/index.ts';
import type { ListenPoint, Received } from '../../../src/sip-engine/transport/index.ts';

/** What a fake transport was given to send, and the way to make it fail. */
export type Wire = { readonly sent: string[]; fail: ((error: Error) => void) | undefined };

export const TIMES = { t1: 500, t2: 4000, t4: 5000, c: 185_000 };

/** A base for transactions that sends into a list. */
export const fakeBase = (): TransactionBase & { readonly wire: Wire } => {
  const wire: Wire = { sent: [], fail: undefined };
  return {
    wire,
    timers: createTimers(),
    times: TIMES,
    counters: { retransmissionsIn: 0, retransmissionsOut: 0 },
    transports: {
      send(bytes, _target, failed) {
        wire.sent.push(bytes.toString().split('\r\n')[0] ?? '');
        wire.fail = failed;
      },
    },
  };
};

export const point = (protocol: 'udp' | 'tcp' = 'udp'): ListenPoint => ({
  protocol,
  address: '127.0.0.1',
  port: 5060,
  advertised: { address: '127.0.0.1', port: 5060 },
});

export const target = (protocol: 'udp' | 'tcp' = 'udp'): Target => ({
  local: point(protocol),
  remote: { protocol, address: '192.0.2.1', port: 5060 },
});

/** Reads a message that the test wrote by hand; throws when it is none. */
export const request = (text: string): SipRequest => {
  const result = parseMessage(Buffer.from(text));
  if (!result.ok || result.message.kind !== 'request') throw new Error(`no request: ${text}`);
  return result.message;
};

export const response = (text: string): SipResponse => {
  const result = parseMessage(Buffer.from(text));
  if (!result.ok || result.message.kind !== 'response') throw new Error(`no response: ${text}`);
  return result.message;
};

const head = (branch: string, method: string, toTag: string): string =>
  [
    `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=${branch}`,
    'From: <sip:a@192.0.2.1>;tag=a',
    `To: <sip:b@127.0.0.1>${toTag === '' ? '' : `;tag=${toTag}`}`,
    'Call-ID: one',
    `CSeq: 1 ${method}`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');

export const requestText = (method: string, branch = 'z9hG4bK1', toTag = '', cseqMethod = method): string =>
  `${method} sip:b@127.0.0.1 SIP/2.0\r\n${head(branch, cseqMethod, toTag)}`;

export const responseText = (status: number, method: string, branch = 'z9hG4bK1'): string =>
  `SIP/2.0 ${status} Text\r\n${head(branch, method, status === 100 ? '' : 'b')}`;

export const received = (message: SipRequest | SipResponse, protocol: 'udp' | 'tcp' = 'udp'): Received => ({
  result: { ok: true, message },
  size: 100,
  remote: { protocol, address: '192.0.2.1', port: 5060 },
  local: point(protocol),
  localAddress: '127.0.0.1',
  stranger: false,
  flow:
    protocol === 'udp'
      ? undefined
      : { id: '1', remote: { protocol, address: '192.0.2.1', port: 5060 }, open: true },
});
