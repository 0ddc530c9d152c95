/** Audio to be pulled piece by piece: 16-bit samples, 8 kHz, mono. */
export type SampleSource = {
  /**
   * Fills `out` from its start.
   *
   * @returns samples written: less than asked for where the audio ends, 0 ever after
   */
  read(out: Int16Array): number;
};
