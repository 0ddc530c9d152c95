import { createPeer, type Peer, type PeerParts } from './peer.ts';
import type { MediaDirection } from './sdp-text.ts';
import { playOn } from './sound.ts';

export type MediaParts = Omit<PeerParts, 'configuration' | 'events'> & {
  readonly iceServers: readonly RTCIceServer[];
  readonly speaker: string | undefined;
  /** What the gateway says of its direction. */
  direction(direction: MediaDirection): void;
  connection(state: RTCPeerConnectionState): void;
  /** The browser refuses to play before the person has touched the page, or does so now. */
  blocked(blocked: boolean): void;
  /** The tracks that are heard or spoken into are other ones. */
  tracks(): void;
};

/** The sound of one call: what is said into it and what is heard of it. */
export type Media = {
  readonly peer: Peer;
  readonly microphone: MediaStreamTrack | undefined;
  readonly speaker: MediaStreamTrack | undefined;
  /** Speaks with another track, or with the first one. */
  use(track: MediaStreamTrack): void;
  /** Nothing is said into a call that is muted or held, not even to the recording. */
  speak(fields: { readonly muted: boolean; readonly held: boolean }): void;
  playOn(sink: string | undefined): void;
  /** Plays what the browser has held back; in a gesture of the person. */
  play(): void;
  close(): void;
};

/** @returns the sound of a call; tracks stay with whoever opened them */
export const createMedia = (parts: MediaParts): Media => {
  let { track } = parts;
  let said = { muted: false, held: false };

  const element = new Audio();
  element.autoplay = true;
  void playOn(element, parts.speaker);
  const play = (): void => {
    if (!element.srcObject) return;
    void element.play().then(
      () => {
        removeEventListener('pointerdown', play);
        parts.blocked(false);
      },
      (error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'NotAllowedError') return;
        addEventListener('pointerdown', play, { once: true });
        parts.blocked(true);
      },
    );
  };

  const peer = createPeer({
    ...parts,
    configuration: {
      iceServers: [...parts.iceServers],
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
    },
    events: {
      connection: parts.connection,
      direction: parts.direction,
      stream: (stream) => {
        element.srcObject = stream;
        play();
        parts.tracks();
      },
    },
  });

  const apply = (): void => {
    if (track) track.enabled = !said.muted && !said.held;
  };

  return {
    peer,
    get microphone() {
      return track;
    },
    get speaker() {
      return element.srcObject instanceof MediaStream ? element.srcObject.getAudioTracks()[0] : undefined;
    },
    use: (next) => {
      track = next;
      apply();
      void peer.speakWith(next);
      parts.tracks();
    },
    speak: (fields) => {
      said = fields;
      peer.hold(fields.held);
      apply();
    },
    playOn: (sink) => void playOn(element, sink),
    play,
    close: () => {
      removeEventListener('pointerdown', play);
      peer.handler.close();
      element.pause();
      element.srcObject = null;
    },
  };
};
