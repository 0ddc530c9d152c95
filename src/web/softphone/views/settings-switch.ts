import { createContext } from 'preact';

/** Opens the settings; for views far from them. */
export const OpenSettings = createContext<() => void>(() => undefined);
