import { randomInt } from 'node:crypto';
import { errorMessage, FailureError } from '../../base/errors.ts';
import {
  type BrowserDescription,
  type LocalBrowserAudio,
  type NegotiatedBrowserAudio,
  negotiateBrowserAnswer,
  negotiateBrowserOffer,
  type OpusTypes,
  parseBrowserSdp,
  receives,
  SdpError,
  sends,
  writeBrowserAnswer,
  writeBrowserOffer,
} from '../../sdp/index.ts';
import type { LegMedia } from '../rtp/messages.ts';
import type { Wire } from '../wire.ts';
import {
  type BrowserConnection,
  type ConnectionPlan,
  openBrowserConnection,
  peerOf,
} from './browser-connection.ts';
import { transportOf } from './candidates.ts';
import type { EncryptedWireParts } from './types.ts';
import type { WorkerLease, Workers } from './workers.ts';

/** As Chromium and Safari number it in their own offers, which we take as they are. */
const TELEPHONE_EVENT = 126;
/** As Chromium and Safari number them. */
const OPUS: OpusTypes = { payloadType: 111, telephoneEvent: 110 };
const PTIME_MS = 20;
const STATIC_PAYLOAD_TYPE = { PCMU: 0, PCMA: 8 } as const;

/** What was last agreed on with the browser, and the description of its that it came from. */
type Agreement = { readonly agreed: NegotiatedBrowserAudio; readonly description: BrowserDescription };

/** Opus as a browser numbers it, if that is clear beside everything else. */
const clearly = (opus: OpusTypes | undefined, ...others: readonly number[]): OpusTypes | undefined => {
  const { payloadType = -1, telephoneEvent = -1 } = opus ?? {};
  const clashes = others.includes(payloadType) || others.includes(telephoneEvent);
  return clashes || payloadType === telephoneEvent ? undefined : opus;
};

const planOf = (
  { codec, telephoneEvent = TELEPHONE_EVENT, mid }: NegotiatedBrowserAudio,
  opus: OpusTypes | undefined,
): ConnectionPlan => ({
  codec,
  opus: clearly(opus, 0, 8, codec.payloadType, telephoneEvent),
  telephoneEvent,
  mid,
});

const fitsOpus = (plan: OpusTypes | undefined, theirs: OpusTypes | undefined): boolean =>
  plan?.payloadType === theirs?.payloadType &&
  (theirs?.telephoneEvent === undefined || theirs.telephoneEvent === plan?.telephoneEvent);

/** Whether what the browser's payload types mean is what they meant: mediasoup fixes them with the connection. */
const fits = (plan: ConnectionPlan, { codec, telephoneEvent, mid }: NegotiatedBrowserAudio): boolean =>
  (codec.name === plan.codec.name
    ? codec.payloadType === plan.codec.payloadType
    : codec.payloadType === STATIC_PAYLOAD_TYPE[codec.name]) &&
  (telephoneEvent === undefined || telephoneEvent === plan.telephoneEvent) &&
  mid === plan.mid;

const checkSource = ({ ssrc, midExtension, direction }: NegotiatedBrowserAudio): void => {
  if (ssrc === undefined && midExtension === undefined && receives(direction))
    throw new SdpError(
      "The audio can't be told: it names neither its SSRC nor the header extension of its mid",
      488,
    );
};

const toLegMedia = (connection: BrowserConnection, agreed: NegotiatedBrowserAudio): LegMedia => {
  const { codec, telephoneEvent: event, ptime, direction } = agreed;
  const { opus } = connection.plan;
  return {
    remote: connection.remote,
    send: codec,
    receive: [codec],
    opus: opus && { ...(agreed.opus ?? opus), send: agreed.opus !== undefined },
    telephoneEvent: event === undefined ? undefined : { send: event, receive: event },
    ptime,
    maySend: sends(direction),
    mayReceive: receives(direction),
    held: !sends(direction),
  };
};

/**
 * A browser's wire: ICE-lite, DTLS-SRTP, one audio stream. When its worker dies it goes to another.
 *
 * @throws FailureError when no worker runs
 */
export const createBrowserWire = async (workers: Workers, parts: EncryptedWireParts): Promise<Wire> => {
  const { codecs, edge, publicAddress, events } = parts;
  const ourOpus = parts.opus === true ? OPUS : undefined;
  let opusPreferred = false;
  const originId = String(randomInt(1, 2 ** 47));
  let version = 1;
  let localSdp: string | undefined;
  let last: Agreement | undefined;
  let lease: WorkerLease | undefined;
  /** Undefined from its worker's death until there is another. */
  let alive: BrowserConnection | undefined;
  /** The newest, dead or alive. */
  let connection: BrowserConnection;
  /** The one that our last description was of. */
  let described: BrowserConnection | undefined;
  let closed = false;

  const lost = (reason: string): void => {
    if (!closed) events.lost(reason);
  };

  const open = async (plan: ConnectionPlan): Promise<BrowserConnection> => {
    lease ??= await hire();
    const from = lease;
    const opened = await openBrowserConnection(from, edge, plan, { lost, measured: events.measured });
    if (!closed && from === lease) return opened;
    opened.close();
    throw new FailureError(closed ? 'The leg is closed' : 'The mediasoup worker died');
  };

  const hire = async (): Promise<WorkerLease> => {
    const hired = await workers.lease();
    hired.onDied(() => {
      if (hired !== lease) return;
      hired.release();
      lease = alive = undefined;
      connection?.close();
      inTurn(recover).catch((error: unknown) => lost(`The media worker died: ${errorMessage(error)}`));
    });
    return hired;
  };

  /** The connection, on another worker where the last one died. */
  const current = async (): Promise<BrowserConnection> => {
    alive ??= await open(connection.plan);
    connection = alive;
    return alive;
  };

  const recover = async (): Promise<void> => {
    if (closed) return;
    await current();
    if (described !== undefined && described !== connection && !closed) events.moved();
  };

  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };

  /** Does `work` on the connection, again on another one if its worker dies over it. */
  const withConnection = async <T>(work: (connection: BrowserConnection) => Promise<T>): Promise<T> => {
    if (closed) throw new FailureError('The leg is closed');
    const first = await current();
    try {
      return await work(first);
    } catch (error) {
      if (error instanceof SdpError || first === alive || closed) throw error;
      return work(await current());
    }
  };

  const local = (): LocalBrowserAudio => {
    const { ice, candidates, fingerprint, ssrc, cname, plan } = connection;
    return {
      address: publicAddress,
      ice,
      candidates,
      fingerprint,
      codecs,
      // Once agreed on it stays, after G.711: what is under way when that changes is still understood.
      opus:
        plan.opus && (opusPreferred || last?.agreed.opus !== undefined)
          ? { ...plan.opus, preferred: opusPreferred }
          : undefined,
      telephoneEvent: plan.telephoneEvent,
      ssrc,
      cname,
      ptime: last?.agreed.ptime ?? PTIME_MS,
      origin: { id: originId, version },
    };
  };

  /** Writes a description, under a higher version when it says something new (RFC 3264 8). */
  const publish = (write: (local: LocalBrowserAudio) => string): string => {
    let text = write(local());
    if (localSdp !== undefined && text !== localSdp) {
      version += 1;
      text = write(local());
    }
    localSdp = text;
    described = connection;
    return text;
  };

  const replace = async (plan: ConnectionPlan): Promise<BrowserConnection> => {
    const before = alive;
    const next = await open(plan);
    before?.close();
    alive = connection = next;
    return next;
  };

  /** The connection that an offer goes on with, or begins. */
  const connectionFor = async (
    present: BrowserConnection,
    agreed: NegotiatedBrowserAudio,
    theirs: OpusTypes | undefined,
  ): Promise<BrowserConnection> => {
    const fresh = present.peer === undefined;
    const plan = planOf(agreed, ourOpus && theirs);
    // Another certificate is another browser (a page that was reloaded), which knows nothing of what was before.
    if (!fresh && present.peer !== peerOf(agreed)) return replace(plan);
    if (!fits(present.plan, agreed) || (fresh && !fitsOpus(present.plan.opus, plan.opus))) {
      if (!fresh) throw new SdpError('Payload types and mid have to stay what they were in a session', 488);
      return replace(plan);
    }
    if (!fresh && last?.agreed.ice.usernameFragment !== agreed.ice.usernameFragment) await present.renewIce();
    return present;
  };

  const agree = (description: BrowserDescription, agreed: NegotiatedBrowserAudio): LegMedia => {
    last = { agreed, description };
    connection.settled();
    return toLegMedia(connection, agreed);
  };

  const takeAnswer = async (
    present: BrowserConnection,
    description: BrowserDescription,
  ): Promise<LegMedia> => {
    const agreed = negotiateBrowserOffer(local(), description);
    checkSource(agreed);
    // It answers a description of the worker that died: the browser is offered to again, and may come with another certificate.
    if (described !== present) return agree(description, agreed);
    if (present.peer !== undefined && present.peer !== peerOf(agreed))
      throw new SdpError(
        'The answer names another certificate than the one that the call is encrypted with',
        488,
      );
    await present.carry(agreed);
    return agree(description, agreed);
  };

  const takeOffer = async (present: BrowserConnection, description: BrowserDescription) => {
    const samePeer = present.peer !== undefined && last !== undefined;
    const asked = negotiateBrowserAnswer(local(), description, samePeer ? last?.agreed.peerRole : undefined);
    checkSource(asked);
    const onward = await connectionFor(present, asked, description.opus);
    // Opus under another number than before would need another connection, and there is always G.711.
    const agreed = fitsOpus(onward.plan.opus, description.opus) ? asked : { ...asked, opus: undefined };
    await onward.carry(agreed);
    const media = agree(description, agreed);
    return { media, answer: publish((ours) => writeBrowserAnswer(ours, description, agreed)) };
  };

  const [name = 'PCMU'] = codecs;
  connection = alive = await open({
    codec: { name, payloadType: STATIC_PAYLOAD_TYPE[name] },
    opus: ourOpus,
    telephoneEvent: TELEPHONE_EVENT,
    mid: '0',
  });

  return {
    createOffer({ iceRestart = false } = {}) {
      if (iceRestart) connection.renewIceNow();
      return publish((ours) => {
        if (last === undefined) return writeBrowserOffer(ours);
        const { agreed, description } = last;
        return writeBrowserOffer(ours, 'sendrecv', { ...agreed, media: description.media });
      });
    },
    acceptAnswer: (sdp) =>
      inTurn(() => {
        const description = parseBrowserSdp(sdp);
        return withConnection((present) => takeAnswer(present, description));
      }),
    acceptOffer: (sdp) =>
      inTurn(() => {
        const description = parseBrowserSdp(sdp);
        return withConnection((present) => takeOffer(present, description));
      }),
    get localSdp() {
      return localSdp;
    },
    get mayTalkOpus() {
      return connection.plan.opus !== undefined;
    },
    preferOpus(on) {
      if (on === opusPreferred || (on && connection.plan.opus === undefined)) return false;
      opusPreferred = on;
      return true;
    },
    get security() {
      return { type: 'dtls', suite: connection.suite } as const;
    },
    get transport() {
      const { source } = connection;
      return source && transportOf(source, last?.description.candidates ?? []);
    },
    close() {
      if (closed) return;
      closed = true;
      connection.close();
      lease?.release();
    },
  };
};
