import { randomUUID } from 'node:crypto';
import type { SentMessage } from '../dialog/types.ts';
import { messageText } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import type { Endpoint, Received } from '../transport/types.ts';

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

/** A request of the network (drachtio: `sip|network`). Outside dialogs it also says where it came in. */
export const requestFrame = (
  request: SipRequest,
  received: Received,
  txn: string,
  dialogId: string,
): string => {
  const { remote, size, local, localAddress } = received;
  const on = dialogId === '' ? `${localAddress}|${local.port}|` : '';
  return (
    `${randomUUID()}|sip|network|${size}|${remote.protocol}|${remote.address}|${remote.port}|${timeText()}|${txn}|` +
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
  `${randomUUID()}|sip|network|${size}|${from.protocol}|${from.address}|${from.port}|${timeText()}|${txn}|${dialogId}|` +
  `\r\n${messageText(response)}`;

/** A BYE that the engine sent by itself. */
export const unsolicitedFrame = (sent: SentMessage, dialogId: string): string => {
  const { protocol, address, port } = sent.target.remote;
  return (
    `${randomUUID()}|sip|application|${sent.size}|${protocol}|${address}|${port}|${timeText()}|unsolicited|${dialogId}|` +
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
    `${randomUUID()}|response|${ref}|OK|application|${sent.size}|${remote.protocol}|${address}|${port}|${timeText()}|` +
    `${ids}|Msg sent:|\r\n${sent.text}`
  );
};

/** A reply without a message: `OK` or `NOK|reason` and the like. */
export const replyFrame = (ref: string, result: string): string =>
  `${randomUUID()}|response|${ref}|${result}`;
