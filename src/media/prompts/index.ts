export { readWav } from './prompt-file.ts';
export { createSampleSource } from './source.ts';
export { renderTone, type Segment } from './tone.ts';
export type { SampleSource } from './types.ts';
