import { fileURLToPath } from 'node:url';
import { build, defineConfig, type InlineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** One script without imports, as pages load it. */
const script = (entry: string, file: string): InlineConfig => ({
  configFile: false,
  root: at('src/web/dni'),
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: at('dist/web/dni'),
    emptyOutDir: false,
    target: 'es2018',
    minify: 'oxc',
    modulePreload: false,
    sourcemap: false,
    rolldownOptions: {
      input: at(`src/web/dni/${entry}`),
      output: { format: 'iife', entryFileNames: file },
    },
  },
});

/** The script of other people's web pages, served as /dt.js, and its overlay for those who set it up. */
export default defineConfig({
  ...script('main.ts', 'dt.js'),
  plugins: [
    {
      name: 'overlay',
      closeBundle: async () => {
        await build(script('overlay.ts', 'dt-debug.js'));
      },
    },
  ],
});
