import { Worker, type WorkerOptions } from 'node:worker_threads';

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
  return new Worker(url, { ...options, execArgv: [...(options.execArgv ?? process.execArgv), '--import', 'tsx'] });
};
