import type { Sound } from '../config/index.ts';
import type { Playable } from '../media/index.ts';
import type { Values } from './words.ts';

/** A prompt in one language. */
export type Prompt = {
  readonly id: string;
  /** ISO 639-1. */
  readonly language: string;
  /** `shipped`: it comes with Dialtrace. */
  readonly origin: 'upload' | 'speech' | 'shipped';
  /** What it says, or the name of the file that was uploaded. */
  readonly words: string | null;
  readonly durationMs: number;
  /** Of the file, hex. */
  readonly sha256: string;
  /** A WAV file of one channel, 8 kHz: 16-bit PCM, or µ-law for those that are shipped. */
  readonly path: string;
  /** Milliseconds since the epoch; null for those that are shipped. */
  readonly createdAt: number | null;
};

/** For whom something is played. */
export type SoundOptions = {
  /** ISO 639-1. */
  readonly language: string;
  /** What `{name}` in words stands for. */
  readonly values?: Values;
  /** ISO 3166-1 alpha-2 of tones. */
  readonly region?: string | undefined;
};

/** What was played, for those who want it proved. */
export type Fingerprint = {
  /** Of the files in their order, tones as JSON; hex. */
  readonly sha256: string;
  /** Undefined when something of it has no end. */
  readonly durationMs: number | undefined;
};

/** What callers and lines hear besides each other: prompts kept as files, and words spoken when they are needed. */
export type PromptLibrary = {
  /**
   * Keeps an audio file as a prompt, in place of the one with its id and language: WAV, or MP3 where a program here reads
   * it; up to 20 MB and 10 minutes; made one channel of 8 kHz, of even loudness, long silence at its ends cut.
   *
   * @param name of the file, to be shown
   * @throws UsageError when the file can't be taken, with the reason
   */
  add(id: string, language: string, bytes: Buffer, name: string): Promise<Prompt>;
  /**
   * Has words spoken and keeps them as a prompt.
   *
   * @throws UsageError when they are too long; FailureError when nothing here speaks
   */
  say(id: string, language: string, text: string): Promise<Prompt>;
  /** By id and language; a shipped one is left out where an own one takes its place. */
  list(): Promise<readonly Prompt[]>;
  /** The prompt in just this language, the own one before the shipped. */
  find(id: string, language: string): Promise<Prompt | undefined>;
  /**
   * Removes an own prompt; a shipped one with its id is heard again.
   *
   * @param language undefined: in all of them
   * @returns how many were removed
   */
  remove(id: string, language?: string): Promise<number>;
  /**
   * What plays these sounds. A prompt is taken in the language of the call, else in English, own before shipped. What can't be played is
   * left out with a warning in the log; words that take longer than 1.5 s to be spoken are left out this time and kept for
   * the next. Never rejects.
   */
  resolve(sounds: readonly Sound[], options: SoundOptions): Promise<readonly Playable[]>;
  /** Has all words spoken that hold nothing of a call, so that no call waits for them. @returns how many could not be */
  warm(sounds: readonly Sound[], languages: readonly string[]): Promise<number>;
  /** Undefined when a file is gone. */
  fingerprint(played: readonly Playable[]): Promise<Fingerprint | undefined>;
  /** Removes what was spoken with values of calls and not heard for a day. */
  prune(): Promise<void>;
  close(): Promise<void>;
};
