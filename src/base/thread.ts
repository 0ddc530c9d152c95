import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** `--import tsx` reaches only the main thread on Node.js 20: a thread that runs TypeScript registers tsx itself. */
const fromSource = (module: URL): string => {
  // Its CommonJS face looks for its own parts in the wrong folder.
  const path = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/\.cjs$/, '.mjs');
  const tsx = JSON.stringify(pathToFileURL(path).href);
  return `import(${tsx}).then((tsx) => { tsx.register(); return import(${JSON.stringify(module.href)}); });`;
};

/**
 * Starts a worker thread from a module of this package, compiled or as TypeScript source.
 *
 * @param base `import.meta.url` of the caller
 * @param module path of the worker's module relative to the caller, without its extension: `./edge-worker`
 */
export const startThread = (base: string, module: string, options: WorkerOptions = {}): Worker => {
  const source = base.endsWith('.ts');
  const url = new URL(`${module}${source ? '.ts' : '.js'}`, base);
  if (!source) return new Worker(url, options);
  return new Worker(fromSource(url), { ...options, eval: true });
};
