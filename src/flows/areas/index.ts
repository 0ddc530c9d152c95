/** Where telephone numbers are at home: tables of prefixes, as files have them. */
export { type AreaFileOptions, readAreas } from './parse.ts';
