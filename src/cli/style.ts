import type { Writable } from 'node:stream';

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof CODES;

/** Puts a text in colour, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** Colours only for a person at a terminal who did not refuse them (no-color.org). */
export const paintFor = (stream: Writable & { isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint => {
  const { NO_COLOR = '', TERM } = env;
  const wanted = stream.isTTY === true && NO_COLOR === '' && TERM !== 'dumb';
  if (!wanted) return (_colour, text) => text;
  return (colour, text) => `\u001B[${CODES[colour]}m${text}\u001B[0m`;
};
