import { errorMessage, FailureError } from '../../base/errors.ts';
import {
  type AudioDescription,
  type CryptoLine,
  type LocalAudio,
  type NegotiatedAudio,
  negotiateAnswer,
  negotiateOffer,
  parseSdp,
  type SrtpSuite,
  writeAnswer,
  writeOffer,
} from '../../sdp/index.ts';
import { toLegMedia } from '../leg-media.ts';
import { createLocalSdp } from '../local-sdp.ts';
import type { LegMedia } from '../rtp/messages.ts';
import type { LegSecurity } from '../types.ts';
import type { Wire } from '../wire.ts';
import { asFailure, type Link, linkToAnswer, linkToOffer } from './sdes-link.ts';
import { type Channel, openSdesMedia, type SdesMedia } from './sdes-media.ts';
import {
  OFFERED,
  type PayloadTypes,
  payloadTypesOf,
  sameTypes,
  withinPayloadTypes,
} from './sdes-payload-types.ts';
import type { SdesWireParts } from './types.ts';
import type { Workers } from './workers.ts';

const PTIME_MS = 20;
const MEASURE_MS = 5_000;
/** SSRCs of the peer that are listened for: the relay knows as many. */
const SSRCS_KNOWN = 4;

/** What answers an offer, or follows an answer. */
type Agreement = { readonly media: LegMedia; readonly answer: string };

/**
 * SRTP with keys in SDP (RFC 4568). The peer talks to a relay in the edge, which passes everything on unread; mediasoup
 * decrypts and encrypts, and talks plain RTP with the leg in the edge over loopback. In plain RTP, where that is allowed, the
 * relay passes packets on to the leg itself.
 *
 * A key of the peer's that stays the same keeps its SRTP transport, and so its rollover counter (RFC 3711 3.3.1), whatever else
 * a new description says; a new key brings a new transport and a new key of ours, which begin at zero on both sides.
 *
 * @throws FailureError when no worker runs
 */
export const createSdesWire = async (workers: Workers, parts: SdesWireParts): Promise<Wire> => {
  const { codecs, edge, relay, suites, required, events } = parts;
  const localSdp = createLocalSdp();
  const ssrcs: number[] = [];
  let media: SdesMedia | undefined;
  /** Channels that nobody is connected to, made for an offer of ours. */
  const spare = new Map<SrtpSuite, Channel>();
  let link: Link | undefined;
  let agreed: NegotiatedAudio | undefined;
  /** False once plain RTP is agreed on. */
  let secure = true;
  /** The keys in our last offer. */
  let offered: readonly CryptoLine[] = [];
  let closed = false;
  let measuring: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** One description at a time, and none while what a dead worker held is replaced. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };

  const open = async (payloadTypes: PayloadTypes): Promise<SdesMedia> => {
    const lease = await workers.lease();
    try {
      lease.onDied(() => {
        if (media?.lease === lease) void inTurn(() => replace(lease));
      });
      return await openSdesMedia({ lease, edge, relay: relay.inner, payloadTypes });
    } catch (error) {
      lease.release();
      throw asFailure(error);
    }
  };

  const addSpares = async (to: SdesMedia, wanted: readonly SrtpSuite[]): Promise<void> => {
    for (const channel of await Promise.all(wanted.map(to.channel))) spare.set(channel.suite, channel);
  };

  /** The worker died. */
  const replace = async (lease: SdesMedia['lease']): Promise<void> => {
    if (closed || media?.lease !== lease) return;
    const types = media.payloadTypes;
    const wanted = link === undefined ? [...spare.keys()] : [link.sender.suite];
    lease.release();
    media = link = undefined;
    spare.clear();
    try {
      const next = await open(types);
      if (closed) {
        next.close();
        return;
      }
      media = next;
      await addSpares(next, wanted);
    } catch (error) {
      if (!closed) events.lost(errorMessage(error));
      return;
    }
    if (!closed && localSdp.text !== undefined) events.moved();
  };

  /** Our keys, as the next description shows them. */
  const keys = (): CryptoLine[] => {
    if (!secure) return [];
    if (link !== undefined) return [{ tag: link.tag, suite: link.sender.suite, key: link.sender.key }];
    return suites
      .flatMap((suite) => spare.get(suite) ?? [])
      .map(({ suite, key }, index) => ({ tag: index + 1, suite, key }));
  };

  const local = (crypto: readonly CryptoLine[]): LocalAudio => ({
    address: parts.publicAddress,
    port: relay.port,
    codecs,
    telephoneEvent: agreed?.telephoneEvent?.receive ?? OFFERED.telephoneEvent,
    ptime: agreed?.ptime ?? PTIME_MS,
    origin: localSdp.origin,
    crypto,
  });

  const measure = (): void => {
    const tell = (rttMs: number | undefined): void => {
      if (rttMs !== undefined && !closed) events.measured(rttMs);
    };
    // The worker may be dying.
    link?.sender.rttMs().then(tell, () => undefined);
  };

  const dropSpares = (): void => {
    for (const channel of spare.values()) channel.close();
    spare.clear();
  };

  /** Closes what `next` no longer needs. */
  const changeLink = (next: Link | undefined): void => {
    for (const channel of [link?.sender, link?.receiver]) {
      if (channel !== next?.sender && channel !== next?.receiver) channel?.close();
    }
    link = next;
    dropSpares();
  };

  const commitPlain = (next: NegotiatedAudio, legMedia: LegMedia): LegMedia => {
    const leg = { port: edge.port, rtcpPort: edge.port + 1 };
    changeLink(undefined);
    media?.close();
    media = undefined;
    secure = false;
    agreed = next;
    clearInterval(measuring);
    measuring = undefined;
    relay.aim({ remote: legMedia.remote, to: leg, from: leg });
    return { ...legMedia, remote: relay.inner };
  };

  const commitSecure = (next: NegotiatedAudio, legMedia: LegMedia, over: SdesMedia, to: Link): LegMedia => {
    if (closed) {
      over.close();
      throw new FailureError('The leg is closed');
    }
    if (media !== over) media?.close();
    media = over;
    changeLink(to);
    secure = true;
    agreed = next;
    measuring ??= setInterval(measure, MEASURE_MS).unref();
    relay.aim({ remote: legMedia.remote, to: to.receiver.ports, from: to.sender.ports });
    return { ...legMedia, remote: { address: over.lease.loopback.ip, ...over.ports } };
  };

  const legMediaOf = (next: NegotiatedAudio, description: AudioDescription): LegMedia =>
    toLegMedia(next, description, relay.boundAddress);

  const takeAnswer = async (sdp: string): Promise<LegMedia> => {
    const protection = offered.length === 0 ? undefined : { suites, required };
    const answer = parseSdp(sdp, protection);
    const next = negotiateOffer(local(offered), answer);
    const [line] = answer.crypto;
    if (line === undefined) return commitPlain(next, legMediaOf(next, answer));
    if (media === undefined) throw new FailureError('No mediasoup worker is running');
    const possible = withinPayloadTypes(next, media.payloadTypes);
    const legMedia = legMediaOf(possible, answer);
    const over = media;
    const to = await linkToAnswer({ media: over, link, spare, ssrcs }, line, offered);
    if (!to.known) setImmediate(() => closed || events.moved());
    return commitSecure(possible, legMedia, over, to.link);
  };

  const takeOffer = async (sdp: string): Promise<Agreement> => {
    const offer = parseSdp(sdp, { suites, required });
    const next = negotiateAnswer(local([]), offer);
    const legMedia = legMediaOf(next, offer);
    const answer = (): string => localSdp.publish(() => writeAnswer(local(keys()), offer, next));
    if (offer.crypto.length === 0) {
      return { media: commitPlain(next, legMedia), answer: answer() };
    }
    const types = payloadTypesOf(next);
    const over = media !== undefined && sameTypes(media.payloadTypes, types) ? media : await open(types);
    try {
      const same = over === media;
      const before = { link: same ? link : undefined, spare: same ? spare : new Map() };
      const to = await linkToOffer({ media: over, ssrcs, ...before }, offer.crypto, suites);
      return { media: commitSecure(next, legMedia, over, to), answer: answer() };
    } catch (error) {
      if (over !== media) over.close();
      throw error;
    }
  };

  media = await open(OFFERED);
  try {
    await addSpares(media, suites);
  } catch (error) {
    closed = true;
    media.close();
    throw asFailure(error);
  }

  return {
    createOffer() {
      const crypto = keys();
      if (secure && crypto.length === 0) {
        // Between a worker's death and the next one's birth; `moved` will ask again.
        if (localSdp.text !== undefined) return localSdp.text;
        throw new FailureError('No mediasoup worker is running');
      }
      offered = crypto;
      return localSdp.publish(() => writeOffer(local(crypto)));
    },
    acceptAnswer: (sdp) => inTurn(() => takeAnswer(sdp)),
    acceptOffer: (sdp) => inTurn(() => takeOffer(sdp)),
    get localSdp() {
      return localSdp.text;
    },
    get security(): LegSecurity {
      return link === undefined ? { type: 'none' } : { type: 'sdes', suite: link.sender.suite };
    },
    transport: undefined,
    heard(ssrc) {
      if (ssrcs.includes(ssrc)) return;
      ssrcs.push(ssrc);
      if (ssrcs.length > SSRCS_KNOWN) ssrcs.shift();
      // It may just be going.
      link?.receiver.hear(ssrc).catch(() => undefined);
    },
    close() {
      closed = true;
      clearInterval(measuring);
      media?.close();
    },
  };
};
