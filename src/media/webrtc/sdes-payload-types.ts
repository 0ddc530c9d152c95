import { type NegotiatedAudio, SdpError } from '../../sdp/index.ts';
import type { RouterPayloadTypes } from './workers.ts';

/** Payload types of a router, under which packets go both ways. */
export type PayloadTypes = Required<RouterPayloadTypes>;

/** Payload type that we offer for telephone-event, by custom, and what stands in where the peer means something else by it. */
const TELEPHONE_EVENTS = [101, 100, 102, 103] as const;

/** What we offer. */
export const OFFERED: PayloadTypes = { PCMU: 0, PCMA: 8, telephoneEvent: TELEPHONE_EVENTS[0] };

/** Under which payload types packets go both ways after an offer of the peer (RFC 3264 6.1). */
export const payloadTypesOf = ({ receive, telephoneEvent }: NegotiatedAudio): PayloadTypes => {
  const audio = { PCMU: OFFERED.PCMU, PCMA: OFFERED.PCMA };
  for (const { name, payloadType } of [...receive].reverse()) audio[name] = payloadType;
  const spare = TELEPHONE_EVENTS.find((type) => !Object.values(audio).includes(type));
  return { ...audio, telephoneEvent: telephoneEvent?.receive ?? spare ?? OFFERED.telephoneEvent };
};

export const sameTypes = (a: PayloadTypes, b: PayloadTypes): boolean =>
  a.PCMU === b.PCMU && a.PCMA === b.PCMA && a.telephoneEvent === b.telephoneEvent;

/**
 * What mediasoup can send under its router's payload types, which are fixed with our offer: a peer that answers with another
 * for telephone-event is sent none.
 *
 * @throws SdpError 488 when it answers with another for its codec
 */
export const withinPayloadTypes = (next: NegotiatedAudio, types: PayloadTypes): NegotiatedAudio => {
  const { send, telephoneEvent } = next;
  if (types[send.name] !== send.payloadType) {
    throw new SdpError(
      `The peer answers ${send.name} under payload type ${send.payloadType}, which was not offered`,
      488,
    );
  }
  return telephoneEvent?.send === types.telephoneEvent ? next : { ...next, telephoneEvent: undefined };
};
