import { FailureError } from '../../base/errors.ts';
import type { PortPair } from '../rtp/messages.ts';
import type { SrtpSuite } from '../types.ts';
import type { types } from './mediasoup.ts';
import type { EdgeEnd } from './types.ts';
import { codecOf, type RouterPayloadTypes, type WorkerLease } from './workers.ts';

/** An SRTP transport: one suite, one key each way. */
export type Channel = {
  readonly suite: SrtpSuite;
  /** Master key and salt of what we send, base64; random for each channel. */
  readonly key: string;
  /** Where it listens on this machine. */
  readonly ports: PortPair;
  /**
   * Takes the peer's key, once.
   * @param sends whether what the edge says goes to the peer over this channel
   */
  connect(remoteKey: string, sends: boolean): Promise<void>;
  /** Passes what comes under that SSRC to the edge, once it is authenticated. */
  hear(ssrc: number): Promise<void>;
  /** By the peer's RTCP, milliseconds. */
  rttMs(): Promise<number | undefined>;
  close(): void;
};

/** The way between the edge and one peer with SRTP, in a router of its own. */
export type SdesMedia = {
  readonly lease: WorkerLease;
  readonly payloadTypes: Required<RouterPayloadTypes>;
  /** Where the edge talks to. */
  readonly ports: PortPair;
  channel(suite: SrtpSuite): Promise<Channel>;
  close(): void;
};

export type SdesMediaParts = {
  readonly lease: WorkerLease;
  readonly edge: EdgeEnd;
  /** Who passes the peer's packets on. */
  readonly relay: { readonly address: string } & PortPair;
  /** Under which the peer sends and wants to be sent. */
  readonly payloadTypes: Required<RouterPayloadTypes>;
};

const portsOf = (transport: types.PlainTransport): PortPair => ({
  port: transport.tuple.localPort,
  rtcpPort: transport.rtcpTuple?.localPort ?? 0,
});

/**
 * mediasoup's own builds draw SRTP keys from a generator that can be guessed, out of digits and small letters alone; no good
 * key looks like that. What scripts/build-mediasoup-worker builds draws them from OpenSSL.
 */
const isGuessable = (key: string): boolean =>
  /^[0-9a-z]+$/.test(Buffer.from(key, 'base64').toString('latin1'));

/** @throws Error when the worker dies meanwhile */
export const openSdesMedia = async (parts: SdesMediaParts): Promise<SdesMedia> => {
  const { lease, edge, relay, payloadTypes } = parts;
  const router = await lease.createRouter(payloadTypes);
  const codecs = [
    codecOf('PCMU', payloadTypes.PCMU),
    codecOf('PCMA', payloadTypes.PCMA),
    codecOf('telephone-event', payloadTypes.telephoneEvent),
  ];
  const sender = (ssrc: number) => ({
    kind: 'audio' as const,
    rtpParameters: { codecs, encodings: [{ ssrc }] },
  });
  /** Nobody here reads header extensions. */
  const rtpCapabilities = { ...router.rtpCapabilities, headerExtensions: [] };
  const listen = { listenInfo: lease.loopback, rtcpMux: false, comedia: false };

  const plain = await router.createPlainTransport(listen);
  await plain.connect({ ip: edge.address, port: edge.port, rtcpPort: edge.port + 1 });
  const spoken = await plain.produce(sender(edge.ssrc));

  const channel = async (suite: SrtpSuite): Promise<Channel> => {
    const transport = await router.createPlainTransport({
      ...listen,
      enableSrtp: true,
      srtpCryptoSuite: suite,
    });
    const key = transport.srtpParameters?.keyBase64 ?? '';
    if (isGuessable(key)) {
      transport.close();
      throw new FailureError(
        'This mediasoup worker makes SRTP keys that can be guessed; build one with scripts/build-mediasoup-worker',
      );
    }
    let towardsPeer: types.Consumer | undefined;
    const heard = new Set<number>();
    return {
      suite,
      key,
      ports: portsOf(transport),
      async connect(remoteKey, sends) {
        await transport.connect({
          ip: relay.address,
          port: relay.port,
          rtcpPort: relay.rtcpPort,
          srtpParameters: { cryptoSuite: suite, keyBase64: remoteKey },
        });
        if (sends) towardsPeer = await transport.consume({ producerId: spoken.id, rtpCapabilities });
      },
      async hear(ssrc) {
        if (heard.has(ssrc) || transport.closed) return;
        heard.add(ssrc);
        const producer = await transport.produce(sender(ssrc));
        await plain.consume({ producerId: producer.id, rtpCapabilities });
      },
      async rttMs() {
        const stats = (await towardsPeer?.getStats()) ?? [];
        return stats
          .map((each) => ('roundTripTime' in each ? each.roundTripTime : undefined))
          .find((ms) => ms);
      },
      close: () => transport.close(),
    };
  };

  return { lease, payloadTypes, ports: portsOf(plain), channel, close: () => lease.release() };
};
