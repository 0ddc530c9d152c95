/** Call buttons: who may call from which page, and what pages ask before and after. */
export { type Availability, createAvailability, type Opening } from './availability.ts';
export { type Buttons, type ButtonsOptions, createButtons } from './buttons.ts';
export type { CallBackDesk } from './call-back-asked.ts';
export * from './call-backs/index.ts';
export { WEB_DOMAIN } from './domain.ts';
export { type ButtonLinks, type ButtonSnippets, buttonLinks, buttonSnippets } from './embed.ts';
export type * from './pages-types.ts';
export type { ButtonTally } from './tally.ts';
export { type Language, languageOf } from './texts.ts';
export type { ButtonCalls, CallPass, PassVerdict } from './types.ts';
export type { WorkDone, WorkOrder } from './work.ts';
