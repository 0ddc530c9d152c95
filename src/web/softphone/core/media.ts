import type { PhoneProblem } from '../contract.ts';
import type { Microphone } from './microphone.ts';
import { createPeer, type Peer } from './peer.ts';
import type { MediaDirection } from './sdp-text.ts';
import { playOn } from './sound.ts';

export type MediaParts = {
  readonly microphone: Microphone;
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
  readonly microphone: MediaStreamTrack;
  readonly speaker: MediaStreamTrack | undefined;
  /** Nothing is said into a call that is muted or held, not even to the recording. */
  speak(fields: { readonly muted: boolean; readonly held: boolean }): void;
  playOn(sink: string | undefined): void;
  close(): void;
};

/** Opens the microphone for a call. Nothing rejects. */
export const openMedia = async (parts: MediaParts): Promise<Media | PhoneProblem> => {
  let track: MediaStreamTrack | undefined;
  let peer: Peer | undefined;
  const capture = await parts.microphone.open((next) => {
    track = next;
    void peer?.speakWith(next);
    parts.tracks();
  });
  if (capture.type === 'failed') return capture.problem;
  track = capture.track;

  const element = new Audio();
  element.autoplay = true;
  void playOn(element, parts.speaker);
  const play = (): void =>
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

  const made = createPeer(
    track,
    { iceServers: [...parts.iceServers], bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' },
    {
      connection: parts.connection,
      direction: parts.direction,
      stream: (stream) => {
        element.srcObject = stream;
        play();
        parts.tracks();
      },
    },
  );
  peer = made;
  const heard = (): MediaStreamTrack | undefined =>
    element.srcObject instanceof MediaStream ? element.srcObject.getAudioTracks()[0] : undefined;

  return {
    peer: made,
    get microphone() {
      return track ?? capture.track;
    },
    get speaker() {
      return heard();
    },
    speak: ({ muted, held }) => {
      made.hold(held);
      if (track) track.enabled = !muted && !held;
    },
    playOn: (sink) => void playOn(element, sink),
    close: () => {
      removeEventListener('pointerdown', play);
      made.handler.close();
      element.pause();
      element.srcObject = null;
      capture.release();
    },
  };
};
