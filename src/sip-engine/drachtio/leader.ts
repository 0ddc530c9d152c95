import { randomUUID } from 'node:crypto';
import type { CdrEvent, SentMessage } from '../dialog/types.ts';
import { messageText } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import type { Endpoint, Received, TransportProtocol } from '../transport/types.ts';

let second = -1;
let clock = '';

/** `HH:MM:SS.uuuuuu` in UTC. */
export const timeText = (now: number = Date.now()): string => {
  const whole = Math.floor(now / 1000);
  if (whole !== second) {
    second = whole;
    clock = new Date(now).toISOString().slice(11, 19);
  }
  return `${clock}.${String(now - whole * 1000).padStart(3, '0')}000`;
};

/** Text as one field: whatever an application wrote that comes back to it in a reason can't break the leader. */
const field = (text: string): string => (/[|\r\n]/.test(text) ? text.replace(/[|\r\n]/g, ' ') : text);

/** How a request outside dialogs names its transport: WebSockets go by what carries them. */
const FRESH: Readonly<Record<TransportProtocol, string>> = {
  udp: 'udp',
  tcp: 'tcp',
  tls: 'tls',
  ws: 'tcp',
  wss: 'tls',
};

/** How everything else names it: drachtio-server calls every stream `tcp` once there is a transaction. */
const bound = (protocol: TransportProtocol): string => (protocol === 'udp' ? 'udp' : 'tcp');

/** A request of the network (drachtio: `sip|network`). Outside dialogs it also says where it came in. */
export const requestFrame = (
  request: SipRequest,
  received: Received,
  txn: string,
  dialogId: string,
): string => {
  const { remote, size, local, localAddress } = received;
  const fresh = dialogId === '' && request.method !== 'CANCEL';
  const protocol = fresh ? FRESH[remote.protocol] : bound(remote.protocol);
  const on = fresh ? `${localAddress}|${local.port}|` : '';
  return (
    `${randomUUID()}|sip|network|${size}|${protocol}|${remote.address}|${remote.port}|${timeText()}|${txn}|` +
    `${dialogId}|${on}\r\n${messageText(request)}`
  );
};

/** A response of the network, or one made here in its place. */
export const responseFrame = (
  response: SipResponse,
  from: Endpoint,
  size: number,
  txn: string,
  dialogId: string,
): string =>
  `${randomUUID()}|sip|network|${size}|${bound(from.protocol)}|${from.address}|${from.port}|${timeText()}|${txn}|${dialogId}|` +
  `\r\n${messageText(response)}`;

/** A BYE that the engine sent by itself. */
export const unsolicitedFrame = (sent: SentMessage, dialogId: string): string => {
  const { protocol, address, port } = sent.target.remote;
  return (
    `${randomUUID()}|sip|application|${sent.size}|${bound(protocol)}|${address}|${port}|${timeText()}|unsolicited|${dialogId}|` +
    `\r\n${sent.text}`
  );
};

/** The reply to a request or response that was sent; `dialogId` only for responses. */
export const sentFrame = (
  ref: string,
  sent: SentMessage,
  txn: string,
  dialogId: string | undefined,
): string => {
  const { remote, local } = sent.target;
  const datagram = remote.protocol === 'udp' && dialogId === undefined;
  const { address, port } = datagram ? local.advertised : remote;
  const ids = dialogId === undefined ? txn : `${txn}|${dialogId}|`;
  return (
    `${randomUUID()}|response|${field(ref)}|OK|application|${sent.size}|${bound(remote.protocol)}|${address}|${port}|${timeText()}|` +
    `${ids}|Msg sent:|\r\n${sent.text}`
  );
};

/** One final response from downstream, to the one who asked for proxying; more may come. */
export const proxiedFrame = (ref: string, response: SipResponse, from: Endpoint, size: number): string =>
  `${randomUUID()}|response|${field(ref)}|OK|network|${size}|${bound(from.protocol)}|${from.address}|${from.port}|${timeText()}|||` +
  `continue\r\n${messageText(response)}`;

/** A call's course: INVITE, its 2xx, its end. */
export const cdrFrame = (event: CdrEvent): string => {
  const head = `${randomUUID()}|cdr:${event.type}|${event.source}|${timeText()}`;
  switch (event.type) {
    case 'attempt':
      return `${head}\r\n${event.text}`;
    case 'start':
      return `${head}|${event.role}\r\n${event.text}`;
    case 'stop':
      return `${head}|${event.reason}\r\n${event.text}`;
  }
};

/** A reply without a message: a status word and what belongs to it (reason, greeting). */
export const replyFrame = (ref: string, ...fields: readonly string[]): string =>
  `${randomUUID()}|response|${[ref, ...fields].map(field).join('|')}`;
