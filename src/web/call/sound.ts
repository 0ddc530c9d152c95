import { type Cadence, keyTones } from './cadences.ts';

/** Tones without files, and the loudness of what is heard and said. */
export type Sound = {
  /** Gets ready to play, in a gesture of the person: browsers want that. */
  open(): void;
  /** Whether the browser holds sound back until the next gesture. */
  readonly blocked: boolean;
  /** Stops working until it is needed again. */
  rest(): void;
  /** Repeats a cadence on an output device until told to stop; the default device when `sink` is undefined. */
  loop(cadence: Cadence, sink: string | undefined, level?: number): () => void;
  /** Plays a cadence once. */
  once(cadence: Cadence, sink: string | undefined): void;
  /** What a key sounds like, softly. */
  key(key: string, sink: string | undefined): void;
  /** Reads recorded sound, in whatever form the browser records. @throws when it can't be read */
  decode(bytes: ArrayBuffer): Promise<AudioBuffer>;
  /** Plays recorded sound once. @returns how to stop it */
  replay(recorded: AudioBuffer, sink: string | undefined): () => void;
  /** Loudness of a track from now on, 0 to 1. */
  meter(track: MediaStreamTrack): { read(): number; stop(): void };
};

/** Timers of a page in the background are late, so the rhythm is laid out in advance. */
const LAID_OUT_S = 180;
const RAMP_S = 0.01;

/** Sends an element's sound to a device, where the browser can. */
export const playOn = async (element: HTMLMediaElement, sink: string | undefined): Promise<void> => {
  if (typeof element.setSinkId !== 'function') return;
  // A device that is gone leaves the sound where it is.
  await element.setSinkId(sink ?? '').catch(() => undefined);
};

/** Whether the browser lets a page choose where sound comes out. */
export const canChooseSpeaker = (): boolean => 'setSinkId' in HTMLMediaElement.prototype;

/** Lays a rhythm out on a volume, with ramps against clicks. @returns when it ends, in the context's time */
const layOut = (
  gain: AudioParam,
  rhythm: readonly number[],
  from: number,
  seconds: number,
  level: number,
): number => {
  let at = from;
  gain.setValueAtTime(0, at);
  do {
    rhythm.forEach((length, index) => {
      if (index % 2 === 0) {
        gain.setValueAtTime(0, at);
        gain.linearRampToValueAtTime(level, at + RAMP_S);
        gain.setValueAtTime(level, Math.max(at + RAMP_S, at + length - RAMP_S));
        gain.linearRampToValueAtTime(0, at + length);
      }
      at += length;
    });
  } while (at < from + seconds);
  return at;
};

/** Loudness of a piece of sound in the scale of an ear: 0 at -60 dB, 1 at full scale. */
const loudness = (samples: Float32Array): number => {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, 1 + decibels / 60));
};

/** Sound of a page. It may stay silent until the person has clicked or pressed a key: browsers want that first. */
export const createSound = (): Sound => {
  let made: AudioContext | undefined;
  let resting = false;
  const context = (): AudioContext => {
    const woken = resting;
    resting = false;
    made ??= new AudioContext({ latencyHint: 'interactive' });
    if (made.state === 'suspended' || woken) void made.resume().catch(() => undefined);
    return made;
  };
  const wake = (): void => {
    if (made?.state === 'suspended' && !resting) void made.resume().catch(() => undefined);
  };
  for (const gesture of ['pointerdown', 'keydown'])
    addEventListener(gesture, wake, { passive: true, capture: true });

  /** Lets hear on an output device what is connected to it. @returns how to stop */
  const output = (sink: string | undefined): { readonly node: AudioNode; stop(): void } => {
    const node = context().createMediaStreamDestination();
    const element = new Audio();
    element.srcObject = node.stream;
    void playOn(element, sink).then(() => element.play().catch(() => undefined));
    return {
      node,
      stop: () => {
        element.pause();
        element.srcObject = null;
      },
    };
  };

  const play = (cadence: Cadence, sink: string | undefined, seconds: number, level: number): (() => void) => {
    const audio = context();
    const volume = audio.createGain();
    const speaker = output(sink);
    const ends = layOut(
      volume.gain,
      cadence.rhythm,
      audio.currentTime + 0.02,
      seconds,
      level / cadence.hertz.length,
    );
    const oscillators = cadence.hertz.map((hertz) => {
      const oscillator = audio.createOscillator();
      oscillator.frequency.value = hertz;
      oscillator.connect(volume);
      oscillator.start();
      oscillator.stop(ends);
      return oscillator;
    });
    volume.connect(speaker.node);
    const stop = (): void => {
      for (const oscillator of oscillators) oscillator.disconnect();
      volume.disconnect();
      speaker.stop();
    };
    oscillators[0]?.addEventListener('ended', stop);
    return stop;
  };

  return {
    open: () => void context(),
    get blocked() {
      return made !== undefined && made.state !== 'running';
    },
    rest: () => {
      resting = true;
      void made?.suspend().catch(() => undefined);
    },
    loop: (cadence, sink, level = 0.3) => play(cadence, sink, LAID_OUT_S, level),
    once: (cadence, sink) => void play(cadence, sink, 0, 0.3),
    key: (key, sink) => {
      const hertz = keyTones(key);
      if (hertz.length > 0) play({ hertz, rhythm: [0.1, 0.05] }, sink, 0, 0.08);
    },
    decode: (bytes) => context().decodeAudioData(bytes),
    replay: (recorded, sink) => {
      const source = context().createBufferSource();
      const speaker = output(sink);
      source.buffer = recorded;
      source.connect(speaker.node);
      source.start();
      return () => {
        source.disconnect();
        speaker.stop();
      };
    },
    meter: (track) => {
      const audio = context();
      const source = audio.createMediaStreamSource(new MediaStream([track]));
      const analyser = audio.createAnalyser();
      analyser.fftSize = 512;
      const samples = new Float32Array(analyser.fftSize);
      source.connect(analyser);
      return {
        read: () => {
          analyser.getFloatTimeDomainData(samples);
          return loudness(samples);
        },
        stop: () => {
          source.disconnect();
          analyser.disconnect();
        },
      };
    },
  };
};
