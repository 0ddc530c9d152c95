/** Call-progress tones of national tone plans. */
export type ProgressTone = 'ringback' | 'busy' | 'congestion' | 'dial';

/** Something a leg can be made to hear. */
export type Playable =
  /**
   * Call-progress tone of the given region's plan (ISO 3166-1 alpha-2), for `seconds` or until stopped; unknown regions hear
   * the ITU's 425 Hz. `dial` is what a telephone hears before a number is dialled.
   */
  | { readonly type: ProgressTone; readonly region?: string; readonly seconds?: number }
  /** What says that one may speak now: 1000 Hz for 0.4 s. */
  | { readonly type: 'beep' }
  /** Sine waves, `level` in dBm0 (0 is loudest, -12 usual), for `seconds` or until stopped. */
  | {
      readonly type: 'tone';
      readonly frequencies: readonly number[];
      readonly level?: number;
      readonly seconds?: number;
    }
  | { readonly type: 'silence'; readonly seconds: number }
  /** A mono 8 kHz WAV file (16-bit PCM, A-law or µ-law). */
  | { readonly type: 'file'; readonly path: string; readonly loop?: boolean }
  /** Hold music without end: the built-in piece, or a file as above. */
  | { readonly type: 'music'; readonly path?: string }
  /**
   * One after another without a gap, all of it `times` times (1 and up, default 1; `Infinity`: until stopped). What can't
   * be played is left out, and told by `unplayable`. After an item without end nothing follows.
   */
  | { readonly type: 'sequence'; readonly items: readonly Playable[]; readonly times?: number };

/** What became of something that was played. */
export type Played = {
  /** False: it was stopped, replaced by something else, or cut off by the leg's end. */
  readonly ended: boolean;
  /** Audio that was sent to the peer, in milliseconds: 0 while it held us or its address was unknown. */
  readonly heardMs: number;
};
