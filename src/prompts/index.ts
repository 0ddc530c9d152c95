/** What callers and lines hear: the library of prompts, words made speech, tones. */
export { MOST_BYTES } from './audio/index.ts';
export { createPromptLibrary, type PromptLibraryOptions } from './library.ts';
export { sayPosition, sayWait } from './numbers.ts';
export type { Fingerprint, Prompt, PromptLibrary, SoundOptions } from './types.ts';
export { type PromptView, promptView, promptViewSchema } from './view.ts';
export { recoverVoicemail, removeVoicemail, voicemailPath } from './voicemail.ts';
