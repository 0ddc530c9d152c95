import type {
  Codec,
  CodecName,
  Fingerprint,
  IceCandidate,
  IceCredentials,
  NegotiatedBrowserAudio,
  OpusTypes,
} from '../../sdp/index.ts';
import { sends } from '../../sdp/index.ts';
import type { SrtpSuite } from '../types.ts';
import { createBrowserHearing } from './browser-hearing.ts';
import type { types } from './mediasoup.ts';
import type { EdgeEnd } from './types.ts';
import { codecOf, opusCodecs, type WorkerLease } from './workers.ts';

/** The round trip is looked up so often. */
const MEASURED_MS = 5_000;
/** A browser that ended DTLS may be reloading its page: so long it has to come back. */
const RETURN_MS = 15_000;
/** mediasoup writes no longer ones into its packets. */
const LONGEST_MID = 8;

/** What a connection's payload types mean, for its whole life. */
export type ConnectionPlan = {
  readonly codec: Codec;
  /** Understood from the beginning, agreed on or not; undefined: it can't be agreed on. */
  readonly opus: OpusTypes | undefined;
  readonly telephoneEvent: number;
  /** What the browser's descriptions call the stream. */
  readonly mid: string;
};

export type ConnectionEvents = {
  readonly lost: (reason: string) => void;
  readonly measured: (rttMs: number, lost: number) => void;
};

/** One leg's way through one worker: a WebRtcTransport to the browser, a PlainTransport to the edge, and what runs between. */
export type BrowserConnection = {
  readonly plan: ConnectionPlan;
  /** Our own; another one after `renewIce`. */
  readonly ice: IceCredentials;
  readonly candidates: readonly IceCandidate[];
  readonly fingerprint: Fingerprint;
  /** Of what the browser is sent. */
  readonly ssrc: number;
  readonly cname: string;
  /** Where the edge sends, and whence it gets. */
  readonly remote: { readonly address: string; readonly port: number; readonly rtcpPort: number };
  /** The certificate that DTLS is checked against; undefined while there is no peer yet. */
  readonly peer: string | undefined;
  readonly suite: SrtpSuite | undefined;
  /** Whence the browser's packets come. */
  readonly source:
    | { readonly address: string; readonly port: number; readonly protocol: 'udp' | 'tcp' }
    | undefined;
  /** Lets audio run as agreed, and DTLS begin. @throws FailureError when the worker died */
  carry(agreed: NegotiatedBrowserAudio): Promise<void>;
  /** Other ICE credentials for the next description (RFC 8445 9); the present ones stay good until the browser uses those. */
  renewIce(): Promise<void>;
  /** The same at once, within 5 s of the last time without effect. */
  renewIceNow(): void;
  /** The last description was taken by the browser. */
  settled(): void;
  close(): void;
};

/** Whose certificate it is: compared, and never shown. */
export const peerOf = ({ fingerprints }: NegotiatedBrowserAudio): string =>
  fingerprints.map(({ algorithm, value }) => `${algorithm} ${value}`).join();

const payloadTypesOf = ({ codec, telephoneEvent }: ConnectionPlan) => ({
  [codec.name]: codec.payloadType,
  telephoneEvent,
});

const toCandidate = (candidate: types.IceCandidate): IceCandidate => {
  const { foundation, priority, address, port, protocol, type, tcpType } = candidate;
  return { foundation, priority, address, port, protocol, type, ...(tcpType !== undefined && { tcpType }) };
};

const toCredentials = ({ usernameFragment, password }: types.IceParameters): IceCredentials => ({
  usernameFragment,
  password,
});

const sha256Of = ({ fingerprints }: types.DtlsParameters): Fingerprint => {
  const value = fingerprints.find(({ algorithm }) => algorithm === 'sha-256')?.value ?? '';
  return { algorithm: 'sha-256', value };
};

/** @throws mediasoup's error when the worker died meanwhile */
export const openBrowserConnection = async (
  lease: WorkerLease,
  edge: EdgeEnd,
  plan: ConnectionPlan,
  events: ConnectionEvents,
): Promise<BrowserConnection> => {
  const router = await lease.createRouter(payloadTypesOf(plan), plan.opus);
  const { rtpCapabilities } = router;
  const { loopback, webRtcServer } = lease;
  const browser = await router.createWebRtcTransport({ webRtcServer, preferUdp: true });

  /** A WebRtcServer keeps transports for ever that ended with their router: this one has to go before. */
  const drop = (): void => {
    browser.close();
    router.close();
  };

  const orDrop = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      drop();
      throw error;
    }
  };

  const plain = await orDrop(
    router.createPlainTransport({ listenInfo: loopback, rtcpListenInfo: loopback, rtcpMux: false }),
  );
  await orDrop(plain.connect({ ip: edge.address, port: edge.port, rtcpPort: edge.port + 1 }));

  let ice = toCredentials(browser.iceParameters);
  let spare: IceCredentials | undefined;
  let restarting: Promise<void> | undefined;
  /** Credentials were renewed and the browser has not answered yet: a further renewal would take its present ones away. */
  let unsettled = false;
  let peer: string | undefined;
  let suite: SrtpSuite | undefined;
  let closed = false;
  let returning: NodeJS.Timeout | undefined;
  let fading: NodeJS.Timeout | undefined;

  const { opus } = plan;
  const codecs = ({ name, payloadType }: Codec, telephoneEvent: number | undefined) => [
    codecOf(name, payloadType),
    ...opusCodecs(opus),
    ...(telephoneEvent === undefined ? [] : [codecOf('telephone-event', telephoneEvent)]),
  ];

  /** What the edge sends, on its way to the browser. */
  const speak = async (codec: Codec) => {
    const producer = await plain.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: codecs(codec, plan.telephoneEvent),
        // The edge begins with G.711: by its first packet mediasoup knows the stream.
        encodings: [{ ssrc: edge.ssrc, codecPayloadType: codec.payloadType }],
      },
    });
    const mid = plan.mid.length <= LONGEST_MID ? { mid: plan.mid } : {};
    const consumer = await browser.consume({ producerId: producer.id, rtpCapabilities, ...mid });
    return { codec: codec.name, producer, consumer };
  };

  let speaking = await orDrop(speak(plan.codec));
  const hearing = createBrowserHearing({ browser, plain, rtpCapabilities, opus });

  const speakAs = async (codec: Codec): Promise<void> => {
    if (speaking.codec === (codec.name satisfies CodecName)) return;
    // Its SSRC is free for the next before that is made: requests are served in order.
    speaking.producer.close();
    speaking = await speak(codec);
  };

  const restartIce = async (): Promise<void> => {
    spare = toCredentials(await browser.restartIce());
    restarting = undefined;
  };

  /** Sees to it that there are spare credentials: mediasoup takes them and the present ones, and no third. */
  const restart = async (): Promise<void> => {
    if (spare !== undefined) return;
    restarting ??= restartIce();
    await restarting;
  };

  const measure = async (): Promise<void> => {
    if (browser.dtlsState !== 'connected') return;
    if (!unsettled) await restart();
    for (const stat of await speaking.consumer.getStats()) {
      const rttMs = stat.type === 'outbound-rtp' ? (stat.roundTripTime ?? 0) : 0;
      if (rttMs > 0 && !closed) events.measured(rttMs, stat.fractionLost);
    }
  };

  const timer = setInterval(() => {
    // A dead worker answers nothing, and its death is told elsewhere.
    measure().catch(() => undefined);
  }, MEASURED_MS);
  timer.unref();

  browser.on('dtlsstatechange', (state) => {
    clearTimeout(returning);
    if (closed) return;
    if (state === 'connected') {
      suite = lease.chosenSuite;
      restart().catch(() => undefined);
    } else if (state === 'failed') {
      events.lost(
        "DTLS failed: the browser's certificate is not the one that its SDP named, or it speaks another DTLS",
      );
    } else if (state === 'closed') {
      returning = setTimeout(events.lost, RETURN_MS, 'The browser ended the connection').unref();
    }
  });

  // Consent is lost after 30 s without an answer (RFC 7675): a held call has no other sign of a browser that is gone.
  browser.on('icestatechange', (state) => {
    clearTimeout(fading);
    if (!closed && state === 'disconnected')
      fading = setTimeout(events.lost, RETURN_MS, 'The browser answers no more').unref();
  });

  return {
    plan,
    get ice() {
      return ice;
    },
    candidates: browser.iceCandidates.map(toCandidate),
    fingerprint: sha256Of(browser.dtlsParameters),
    get ssrc() {
      return speaking.consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0;
    },
    get cname() {
      return speaking.consumer.rtpParameters.rtcp?.cname ?? 'dialtrace';
    },
    remote: {
      address: plain.tuple.localAddress,
      port: plain.tuple.localPort,
      rtcpPort: plain.rtcpTuple?.localPort ?? plain.tuple.localPort + 1,
    },
    get peer() {
      return peer;
    },
    get suite() {
      return suite;
    },
    get source() {
      const tuple = browser.iceSelectedTuple;
      if (tuple?.remoteIp === undefined || tuple.remotePort === undefined) return undefined;
      return { address: tuple.remoteIp, port: tuple.remotePort, protocol: tuple.protocol };
    },
    async carry(agreed) {
      await hearing.as(agreed);
      await speakAs(agreed.codec);
      await (sends(agreed.direction) ? speaking.consumer.resume() : speaking.consumer.pause());
      if (peer !== undefined) return;
      const { peerRole: role, fingerprints } = agreed;
      await browser.connect({ dtlsParameters: { role, fingerprints: [...fingerprints] } });
      peer = peerOf(agreed);
    },
    async renewIce() {
      await restart();
      ice = spare ?? ice;
      spare = undefined;
    },
    renewIceNow() {
      if (spare === undefined) return;
      ice = spare;
      spare = undefined;
      unsettled = true;
    },
    settled() {
      unsettled = false;
    },
    close() {
      closed = true;
      clearInterval(timer);
      clearTimeout(returning);
      clearTimeout(fading);
      hearing.close();
      drop();
    },
  };
};
