import { fileURLToPath } from 'node:url';
import { build, defineConfig, type InlineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

type Script = {
  /** Below src/web/widget. */
  readonly entry: string;
  readonly file: string;
  readonly format: 'iife' | 'es';
  readonly target: string;
};

/** One script without imports. */
const script = ({ entry, file, format, target }: Script): InlineConfig => ({
  configFile: false,
  root: at('src/web/widget'),
  logLevel: 'warn',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: at('dist/web/widget'),
    emptyOutDir: false,
    target,
    minify: 'oxc',
    modulePreload: false,
    sourcemap: false,
    rolldownOptions: {
      input: at(`src/web/widget/${entry}`),
      output: { format, entryFileNames: file },
      preserveEntrySignatures: format === 'es' ? 'strict' : false,
    },
  },
});

/** Only browsers with modules and WebRTC load it. */
const PHONE: Script = { entry: 'panel/main.ts', file: 'dt-call-phone.js', format: 'es', target: 'es2020' };

/** The call buttons of other people's web pages: /dt-call.js, and the part that it loads on the press. */
const light = script({ entry: 'button/main.ts', file: 'dt-call.js', format: 'iife', target: 'es2018' });

export default defineConfig({
  ...light,
  build: {
    ...light.build,
    // As a library: else its `import()` would be wrapped in code that looks for style sheets.
    lib: {
      entry: at('src/web/widget/button/main.ts'),
      formats: ['iife'],
      name: 'dialtraceCall',
      fileName: () => 'dt-call.js',
    },
  },
  plugins: [
    {
      name: 'phone',
      closeBundle: async () => {
        await build(script(PHONE));
      },
    },
  ],
});
