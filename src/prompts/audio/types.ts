/** One channel of samples from -1 to 1. */
export type Audio = {
  /** Samples a second. */
  readonly rate: number;
  readonly samples: Float32Array;
};
