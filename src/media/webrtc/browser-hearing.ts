import { type NegotiatedBrowserAudio, type OpusTypes, receives } from '../../sdp/index.ts';
import type { types } from './mediasoup.ts';
import { codecOf, opusCodecs } from './workers.ts';

/** A browser that sends nothing known for so long may be sending its other codec. */
const DOUBT_MS = 500;
const MID_EXTENSION = 'urn:ietf:params:rtp-hdrext:sdes:mid';
/** The browser is told of the worst loss on the whole way (mediasoup's RtpStreamRecv), against which it can protect Opus. */
const TOLD_OF_LOSS = { useinbandfec: 1 } as const;

/** How a browser is heard: a producer on the transport to it, consumed on the one to the edge. */
export type BrowserHearing = {
  /** Hears what is agreed on, from now on. @throws mediasoup's error when the worker died */
  as(agreed: NegotiatedBrowserAudio): Promise<void>;
  close(): void;
};

export type HearingParts = {
  readonly browser: types.WebRtcTransport;
  readonly plain: types.PlainTransport;
  readonly rtpCapabilities: types.RtpCapabilities;
  readonly opus: OpusTypes | undefined;
};

const keyOf = ({ codec, ssrc, telephoneEvent }: NegotiatedBrowserAudio): string =>
  [codec.name, ssrc, telephoneEvent].join();

/** Payload type of what the browser is asked for. */
const mainOf = ({ codec, opus }: NegotiatedBrowserAudio): number =>
  opus?.preferred ? opus.payloadType : codec.payloadType;

export const createBrowserHearing = (parts: HearingParts): BrowserHearing => {
  const { browser, plain, rtpCapabilities, opus } = parts;
  let hearing: { readonly main: number; readonly producer: types.Producer; readonly key: string } | undefined;
  let heardSsrc: number | undefined;
  let doubting: NodeJS.Timeout | undefined;
  let closed = false;

  /** @param main what the browser begins with: any other first packet is passed over */
  const hear = async (agreed: NegotiatedBrowserAudio, main: number): Promise<void> => {
    hearing?.producer.close();
    hearing = undefined;
    const { codec, telephoneEvent: event, mid, midExtension, ssrc } = agreed;
    const law = codecOf(codec.name, codec.payloadType);
    const producer = await browser.produce({
      kind: 'audio',
      rtpParameters: {
        mid,
        codecs: [
          opus === undefined ? law : { ...law, parameters: TOLD_OF_LOSS },
          ...opusCodecs(opus),
          ...(event === undefined ? [] : [codecOf('telephone-event', event)]),
        ],
        headerExtensions: midExtension === undefined ? [] : [{ uri: MID_EXTENSION, id: midExtension }],
        encodings: [{ codecPayloadType: main, ...(ssrc !== undefined && { ssrc }) }],
      },
    });
    await plain.consume({ producerId: producer.id, rtpCapabilities });
    hearing = { main, producer, key: keyOf(agreed) };
  };

  /** mediasoup gives a stream its first score with its first packet. */
  const isHeard = (): boolean => (hearing?.producer.score.length ?? 0) > 0;

  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };

  /** A browser of which nothing is heard may be sending the other of two codecs: each has its turn. */
  const doubtSoon = (agreed: NegotiatedBrowserAudio): void => {
    clearTimeout(doubting);
    const { codec, opus: choice } = agreed;
    if (closed || choice === undefined || isHeard()) return;
    const tryOther = async (): Promise<void> => {
      if (closed || isHeard()) return;
      await hear(agreed, hearing?.main === codec.payloadType ? choice.payloadType : codec.payloadType);
      doubtSoon(agreed);
    };
    // A dead worker answers nothing, and its death is told elsewhere.
    doubting = setTimeout(() => void inTurn(tryOther).catch(() => undefined), DOUBT_MS).unref();
  };

  return {
    as: (agreed) =>
      inTurn(async () => {
        if (!receives(agreed.direction)) return;
        // A browser that does not name its SSRC (again) goes on with the one that it has.
        heardSsrc = agreed.ssrc ?? heardSsrc;
        const next = { ...agreed, ssrc: heardSsrc };
        // A stream that runs takes the other codec, too: no packet is lost. Its clock stays, by which the browser is told its jitter.
        if (hearing?.key !== keyOf(next)) await hear(next, mainOf(next));
        doubtSoon(next);
      }),
    close() {
      closed = true;
      clearTimeout(doubting);
    },
  };
};
