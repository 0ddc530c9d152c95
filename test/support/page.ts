import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newest } from './gateway.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = join(ROOT, 'dist/web/softphone/index.html');

/** Builds the softphone's page unless it is newer than its source. */
export const buildPage = async (): Promise<void> => {
  if (existsSync(PAGE) && statSync(PAGE).mtimeMs > newest(join(ROOT, 'src/web'))) return;
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const words = ['build', '--logLevel', 'warn'];
  await promisify(execFile)(process.execPath, [vite, ...words], { cwd: ROOT });
};
