import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { silentLogger } from '../../src/base/logger.ts';
import { Registry } from '../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpParts, type HttpServer } from '../../src/http/index.ts';
import { startCheckpoints } from '../../src/store/checkpoints.ts';
import { type DniStage, makeDniStage } from '../support/dni-stage.ts';
import type { ClientResult, ClientWork } from './dni-client.ts';
import { pageHeaders, pageOf } from './dni-pages.ts';
import { type Distribution, distribution, round, watchCpu } from './figures.ts';

/** Pool numbers: two visits of five come with a click id. */
const NUMBERS = 400;

export type DniRate = {
  readonly sessions: number;
  readonly failed: number;
  readonly perSecond: number;
  /** Of this process, ms a session: 1000 ÷ it is how many a core could do. */
  readonly cpuMs: number;
};

export type DniLoad = {
  readonly offered: number;
  readonly sent: number;
  readonly failed: number;
  readonly ms: Distribution;
  /** Of this process with all its threads, ms a session. */
  readonly cpuMs: number;
};

export type DniBench = {
  readonly script: { readonly bytes: number; readonly gzip: number };
  /** Through the routes, without sockets. */
  readonly inject: DniRate;
  /** The same over sockets, from a client in another process. */
  readonly loads: readonly DniLoad[];
  readonly databaseBytesPerSession: number;
};

const scriptSize = async (): Promise<DniBench['script']> => {
  const path = fileURLToPath(new URL('../../dist/web/dni/dt.js', import.meta.url));
  const text = await readFile(path);
  return { bytes: text.length, gzip: gzipSync(text, { level: 9 }).length };
};

const openServer = (stage: DniStage): Promise<HttpServer> =>
  createHttpServer({
    config: gatewayConfigSchema.parse({
      http: { port: 0 },
      recording: { directory: stage.folder },
    }) as HttpParts['config'],
    store: stage.store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports: {
      sources: () => Promise.reject(new Error('not measured')),
      run: () => Promise.reject(new Error('not measured')),
    },
    dni: stage.dni,
    trunkStatus: () => [],
  });

const AT_ONCE = 16;

const injected = async (server: HttpServer, first: number, sessions: number): Promise<DniRate> => {
  let failed = 0;
  let next = first;
  const open = async (): Promise<void> => {
    while (next < first + sessions) {
      const page = pageOf(next);
      next += 1;
      const answer = await server.inject({
        method: 'POST',
        url: '/v1/dni/session',
        headers: pageHeaders(page.address),
        payload: JSON.stringify(page.body),
      });
      if (answer.statusCode !== 200) failed += 1;
    }
  };
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await Promise.all(Array.from({ length: AT_ONCE }, open));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    sessions,
    failed,
    perSecond: round(sessions / seconds, 0),
    cpuMs: round((user + system) / 1000 / sessions, 3),
  };
};

/** A process of its own: what asking costs is not to count as what answering costs. */
const CLIENT = new URL(`./dni-client${extname(import.meta.url)}`, import.meta.url);

const offered = (work: ClientWork): Promise<DniLoad> =>
  new Promise((resolve, reject) => {
    const used = watchCpu(process.pid);
    const client = fork(CLIENT, [JSON.stringify(work)]);
    client.once('error', reject);
    client.once('exit', (code) => reject(new Error(`The client ended with ${code}.`)));
    client.once('message', (result) => {
      const { sent, failed, latencies } = result as ClientResult;
      const cpuMs = round(used().ms / sent, 3);
      resolve({ offered: work.perSecond, sent, failed, ms: distribution(latencies), cpuMs });
      client.kill();
    });
  });

const databaseSize = async (stage: DniStage): Promise<number> =>
  await stage.read(
    (file) =>
      Number(file.pragma('page_count', { simple: true })) *
      Number(file.pragma('page_size', { simple: true })),
  );

/**
 * Sessions of web pages through the real routes, on a database on disk. The clock of the gateway goes on with the real one.
 *
 * @param rates pages a second offered over sockets
 */
export const benchDni = async ({
  sessions,
  rates,
  seconds,
}: {
  readonly sessions: number;
  readonly rates: readonly number[];
  readonly seconds: number;
}): Promise<DniBench> => {
  const stage = await makeDniStage({ numbers: NUMBERS });
  // As in a gateway: another thread waits for the disk.
  const checkpoints = await stage.read(startCheckpoints);
  const ticking = setInterval(() => {
    stage.clock.at = Date.now();
  }, 1);
  const server = await openServer(stage);
  try {
    const port = Number((await server.listen()).split(':').at(-1));
    // What runs for the first time runs slowly.
    await injected(server, 0, Math.min(2000, sessions));
    let first = 10_000;
    const before = await databaseSize(stage);
    const inject = await injected(server, first, sessions);
    const databaseBytesPerSession = round(((await databaseSize(stage)) - before) / sessions, 0);
    first += sessions;
    const loads: DniLoad[] = [];
    for (const perSecond of rates) {
      loads.push(await offered({ port, perSecond, seconds, first }));
      first += Math.round(perSecond * seconds);
    }
    return { script: await scriptSize(), inject, loads, databaseBytesPerSession };
  } finally {
    clearInterval(ticking);
    await server.close();
    await checkpoints.stop();
    await stage.close();
  }
};
