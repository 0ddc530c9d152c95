import type { Codec, CodecName } from '../../sdp/index.ts';
import type { LegMedia } from './messages.ts';

export const NO_PAYLOAD = 'unknown';

/** What a packet carries; `wide-event` is telephone-event at 48 kHz, which nobody but `createWideClock` gets to see. */
export type PayloadKind = CodecName | 'opus' | 'telephone-event' | 'wide-event' | typeof NO_PAYLOAD;

/** What the payload types that a peer sends mean; each direction of each leg has its own. */
export type PayloadTypes = {
  set(
    codecs: readonly Codec[],
    telephoneEvent: { readonly send: number; readonly receive: number } | undefined,
    opus?: LegMedia['opus'],
  ): void;
  kindOf(payloadType: number): PayloadKind;
};

export const createPayloadTypes = (): PayloadTypes => {
  const kinds: PayloadKind[] = Array<PayloadKind>(128).fill(NO_PAYLOAD);

  const fill = (payloadType: number, kind: PayloadKind): void => {
    if (kinds[payloadType] === NO_PAYLOAD) kinds[payloadType] = kind;
  };

  return {
    set(codecs, telephoneEvent, opus) {
      kinds.fill(NO_PAYLOAD);
      for (const codec of codecs) fill(codec.payloadType, codec.name);
      if (telephoneEvent !== undefined) {
        fill(telephoneEvent.receive, 'telephone-event');
        // Some peers send under the payload type of their own answer; it can mean nothing else.
        fill(telephoneEvent.send, 'telephone-event');
      }
      if (opus !== undefined) {
        fill(opus.payloadType, 'opus');
        if (opus.telephoneEvent !== undefined) fill(opus.telephoneEvent, 'wide-event');
      }
      // Static types mean the same to everybody (RFC 3551 6), agreed on or not.
      fill(0, 'PCMU');
      fill(8, 'PCMA');
    },
    kindOf: (payloadType) => kinds[payloadType] ?? NO_PAYLOAD,
  };
};
