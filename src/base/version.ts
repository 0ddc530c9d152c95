import { readFileSync } from 'node:fs';

const readVersion = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return '0.0.0';
  return String(manifest.version);
};

/** This package's version, as package.json has it. */
export const VERSION: string = readVersion();
