export type MessageOptions = {
  /** Must not exist; directories are made as needed. */
  readonly path: string;
  readonly maxMs: number;
  /** So much silence ends it, at its beginning too. */
  readonly silenceMs: number;
  /** A shorter one is not kept. Default 0: any in which somebody speaks. */
  readonly minMs?: number;
};

export type MessageResult = {
  readonly path: string;
  /** Up to the end of the last word; 0 when nobody spoke. */
  readonly durationMs: number;
  /** In which somebody spoke. */
  readonly speechMs: number;
  readonly bytes: number;
  /** Hex SHA-256 of the finished file. */
  readonly sha256: string;
  /** `closed`: the leg ended. */
  readonly endedBy: 'silence' | 'max' | 'stopped' | 'closed';
  /** False: nobody spoke, or for less than `minMs`; there is no file, and `bytes` is 0. */
  readonly kept: boolean;
};

/** A message in progress: mono 8 kHz 16-bit WAV, playable up to the last second after a crash. */
export type MessageRecording = {
  /** @throws FailureError when the file can't be written; what is in it stays */
  readonly result: Promise<MessageResult>;
  stop(): void;
};
