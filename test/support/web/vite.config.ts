import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The softphone's views on a played phone: for tests and pictures, never shipped. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  logLevel: 'warn',
  build: { emptyOutDir: true, target: ['chrome111', 'firefox114', 'safari16.4'] },
});
