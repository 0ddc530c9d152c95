import type { BodyAndContentType, SessionDescriptionHandler } from 'sip.js';
import { directionOf, fingerprintsOf, type MediaDirection, withOrigin } from './sdp-text.ts';

/** Length of keys and of the pauses between them (RFC 4733), milliseconds. */
export type KeyTimes = { readonly toneMs: number; readonly gapMs: number };

const KEY_TIMES: KeyTimes = { toneMs: 120, gapMs: 80 };
/** Candidates of ours matter little to a gateway that is ICE-lite: not longer than this is waited for them. */
const GATHERING_MS = 250;

export type PeerEvents = {
  /** RTCPeerConnection.connectionState of the connection in use. */
  connection(state: RTCPeerConnectionState): void;
  /** What the gateway said about its own sending and receiving. */
  direction(direction: MediaDirection): void;
  /** The sound of the other side; another stream when the connection was replaced. */
  stream(stream: MediaStream): void;
};

export type PeerParts = {
  /** The microphone's track of this call; the owner stops it. Without one a silence is sent until there is. */
  readonly track: MediaStreamTrack | undefined;
  readonly configuration: RTCConfiguration;
  /** Nothing is ever said: the gateway is told so. */
  readonly listenOnly?: boolean;
  /** How long candidates of ours are waited for before they are told. */
  readonly gatheringMs?: number;
  readonly keys?: KeyTimes;
  /** What is told to the other side instead of the browser's description, and what the browser is told instead of theirs. */
  readonly texts?: { ours(sdp: string): string; theirs(sdp: string): string };
  readonly events: PeerEvents;
};

/** One call's audio: what SIP.js asks for descriptions, and what the phone does with the sound. */
export type Peer = {
  readonly handler: SessionDescriptionHandler;
  readonly connection: RTCPeerConnection | undefined;
  readonly sender: RTCRtpSender | undefined;
  /** Makes the first offer ahead of time, so that the INVITE needs not wait for it. */
  prepare(): void;
  /** Of the next description: whether anything is ever said. */
  listenOnly(listens: boolean): void;
  /** Of the next description: sendonly while we hold. */
  hold(held: boolean): void;
  /** The next offer restarts ICE. */
  restartIce(): void;
  /** Speaks with another microphone. */
  speakWith(track: MediaStreamTrack): Promise<void>;
  /** Sends keys by RFC 4733, behind those under way. @returns false when the peer takes none */
  press(keys: string): boolean;
};

type Pair = { readonly connection: RTCPeerConnection; readonly transceiver: RTCRtpTransceiver | undefined };

type Prepared = {
  readonly direction: RTCRtpTransceiverDirection;
  readonly body: Promise<BodyAndContentType>;
};

const UNTOUCHED = (sdp: string): string => sdp;

const directionFor = (held: boolean, listens: boolean): RTCRtpTransceiverDirection => {
  if (listens) return held ? 'inactive' : 'recvonly';
  return held ? 'sendonly' : 'sendrecv';
};

const gathered = (connection: RTCPeerConnection, limitMs: number): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      if (connection.iceGatheringState === 'complete') finish();
    };
    const finish = (): void => {
      connection.removeEventListener('icegatheringstatechange', done);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(finish, limitMs);
    connection.addEventListener('icegatheringstatechange', done);
    done();
  });

/**
 * The audio of one call.
 *
 * A gateway that lost its media worker offers a new fingerprint in the middle of the call. Not every browser makes a new
 * DTLS connection then (Firefox refuses), so a new RTCPeerConnection takes over; the old one stays until the answer is made.
 */
export const createPeer = ({
  track,
  configuration,
  listenOnly = false,
  gatheringMs = GATHERING_MS,
  keys: keyTimes = KEY_TIMES,
  texts = { ours: UNTOUCHED, theirs: UNTOUCHED },
  events,
}: PeerParts): Peer => {
  let microphone = track;
  let listens = listenOnly;
  let prepared: Prepared | undefined;
  let held = false;
  let closed = false;
  let current: Pair | undefined;
  let replaced: Pair | undefined;
  let version = 0;
  const sessionId = String(Date.now());

  const open = (): RTCPeerConnection => {
    const connection = new RTCPeerConnection(configuration);
    connection.addEventListener('connectionstatechange', () => {
      if (current?.connection === connection) events.connection(connection.connectionState);
    });
    connection.addEventListener('track', ({ track: remote, streams }) =>
      events.stream(streams[0] ?? new MediaStream([remote])),
    );
    return connection;
  };

  const close = (pair: Pair | undefined): void => pair?.connection.close();

  /** The transceiver of the audio stream, made when we offer first, found when the gateway did. */
  const settle = async (): Promise<Pair> => {
    if (closed) throw new Error('the call is over');
    const connection = current?.connection ?? open();
    const [transceiver = connection.addTransceiver(microphone ?? 'audio', { direction: 'sendrecv' })] =
      connection.getTransceivers();
    // At once: who asks meanwhile must find this connection, not make another one.
    current = { connection, transceiver };
    if (transceiver.sender.track !== (microphone ?? null))
      await transceiver.sender.replaceTrack(microphone ?? null);
    transceiver.direction = directionFor(held, listens);
    return current;
  };

  const describe = async (): Promise<BodyAndContentType> => {
    const { connection } = await settle();
    // Without an argument: an offer or an answer, as the state of the exchange asks for.
    await connection.setLocalDescription();
    await gathered(connection, gatheringMs);
    close(replaced);
    replaced = undefined;
    const sdp = connection.localDescription?.sdp;
    if (!sdp) throw new Error('no description of our side');
    version += 1;
    return { body: texts.ours(withOrigin(sdp, sessionId, version)), contentType: 'application/sdp' };
  };

  const describeOrTake = (): Promise<BodyAndContentType> => {
    const ready = prepared;
    prepared = undefined;
    return ready?.direction === directionFor(held, listens) ? ready.body : describe();
  };

  const isOtherPeer = (sdp: string): boolean => {
    const known = current?.connection.remoteDescription?.sdp;
    return known !== undefined && fingerprintsOf(known) !== fingerprintsOf(sdp);
  };

  const accept = async (sdp: string): Promise<void> => {
    if (closed) throw new Error('the call is over');
    const type = current?.connection.signalingState === 'have-local-offer' ? 'answer' : 'offer';
    if (type === 'offer' && (!current || isOtherPeer(sdp))) {
      close(replaced);
      replaced = current;
      current = { connection: open(), transceiver: undefined };
    }
    if (!current) throw new Error('an answer without an offer');
    await current.connection.setRemoteDescription({ type, sdp: texts.theirs(sdp) });
    events.direction(directionOf(sdp));
  };

  const rollBack = async (): Promise<void> => {
    if (replaced) {
      close(current);
      current = replaced;
      replaced = undefined;
      return;
    }
    const state = current?.connection.signalingState;
    if (state === 'have-local-offer') await current?.connection.setLocalDescription({ type: 'rollback' });
    if (state === 'have-remote-offer') await current?.connection.setRemoteDescription({ type: 'rollback' });
  };

  const press = (keys: string): boolean => {
    const dtmf = current?.transceiver?.sender.dtmf;
    if (!dtmf?.canInsertDTMF) return false;
    // What is still to be sent stands in front: a new call of insertDTMF replaces it.
    dtmf.insertDTMF(`${dtmf.toneBuffer}${keys}`, keyTimes.toneMs, keyTimes.gapMs);
    return true;
  };

  return {
    handler: {
      hasDescription: (contentType) => contentType.toLowerCase().startsWith('application/sdp'),
      getDescription: describeOrTake,
      setDescription: accept,
      rollbackDescription: rollBack,
      sendDtmf: press,
      close: () => {
        closed = true;
        close(replaced);
        close(current);
        replaced = undefined;
        current = undefined;
      },
    },
    get connection() {
      return current?.connection;
    },
    get sender() {
      return current?.transceiver?.sender;
    },
    prepare: () => {
      if (prepared || current) return;
      const body = describe();
      prepared = { direction: directionFor(held, listens), body };
      body.catch(() => undefined);
    },
    listenOnly: (next) => {
      listens = next;
    },
    hold: (next) => {
      held = next;
    },
    restartIce: () => current?.connection.restartIce(),
    speakWith: async (next) => {
      microphone = next;
      await current?.transceiver?.sender.replaceTrack(next);
    },
    press,
  };
};
