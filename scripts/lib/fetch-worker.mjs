// Downloads mediasoup's own prebuilt worker into a folder: node fetch-worker.mjs FOLDER SECONDS
// Exit status 1 when there is none, or it did not come in time.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const [folder, seconds] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync('node_modules/mediasoup/package.json', 'utf8'));
const base =
  process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL ||
  'https://github.com/versatica/mediasoup/releases/download';
// The names that mediasoup's npm-scripts.mjs asks for: workers for Linux 6 and newer know io_uring.
const kernel = platform() === 'linux' ? `-kernel${release().split('.')[0]}` : '';
const url = `${base}/${version}/mediasoup-worker-${version}-${platform()}-${arch()}${kernel}.tgz`;

const unpack = async (body) => {
  const tar = spawn('tar', ['-xz', '-C', folder], { stdio: ['pipe', 'ignore', 'inherit'] });
  const done = new Promise((resolve) => tar.on('close', resolve));
  await pipeline(Readable.fromWeb(body), tar.stdin);
  return (await done) === 0;
};

try {
  const response = await fetch(url, { signal: AbortSignal.timeout(Number(seconds) * 1000) });
  process.exitCode = response.ok && response.body && (await unpack(response.body)) ? 0 : 1;
} catch {
  process.exitCode = 1;
}
