/** The engine as a program of its own, with drachtio-server's command line. */
export type { ContactFlags } from './contact.ts';
export { serveStandalone } from './serve.ts';
export { type Flags, LOG_LEVELS, readSettings } from './settings.ts';
