import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The softphone's pages, built into dist/web/softphone and served at /phone/. */
export default defineConfig({
  root: at('src/web/softphone'),
  base: '/phone/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: at('dist/web/softphone'),
    emptyOutDir: true,
    target: ['chrome111', 'firefox114', 'safari16.4'],
    sourcemap: false,
  },
});
