export { readWav } from './prompt-file.ts';
export { createSampleSource, type Unplayable } from './source.ts';
export { renderTone, type Segment } from './tone.ts';
export type { SampleSource } from './types.ts';
