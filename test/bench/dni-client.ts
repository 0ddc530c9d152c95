import { Agent, request } from 'node:http';
import { pageHeaders, pageOf } from './dni-pages.ts';

/** What the client is to do: pages opened at a steady rate, whether earlier ones were answered or not. */
export type ClientWork = {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** Number of the first page: no two are the same. */
  readonly first: number;
};

export type ClientResult = {
  readonly sent: number;
  readonly failed: number;
  /** From the moment a page should have asked to its answer, ms; without those that failed. */
  readonly latencies: readonly number[];
};

const { port, perSecond, seconds, first } = JSON.parse(process.argv[2] ?? '{}') as ClientWork;
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const total = Math.round(perSecond * seconds);
const latencies: number[] = [];
let failed = 0;

const ask = (index: number, due: number): Promise<void> =>
  new Promise((resolve) => {
    const page = pageOf(first + index);
    const body = JSON.stringify(page.body);
    const sent = request(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/v1/dni/session',
        agent,
        headers: { ...pageHeaders(page.address), 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        response.resume();
        response.on('end', () => {
          if (response.statusCode === 200) latencies.push(performance.now() - due);
          else failed += 1;
          resolve();
        });
      },
    );
    sent.on('error', () => {
      failed += 1;
      resolve();
    });
    sent.end(body);
  });

const run = async (): Promise<ClientResult> => {
  const began = performance.now();
  const answers: Promise<void>[] = [];
  for (let index = 0; index < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * perSecond));
    for (; index < due; index += 1) answers.push(ask(index, began + (index / perSecond) * 1000));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(answers);
  agent.destroy();
  return { sent: total, failed, latencies };
};

void run().then((result) => process.send?.(result));
