/** A storm on a database that others use too: in a thread of its own, or in a process that is killed. */
import { parentPort, workerData } from 'node:worker_threads';
import { openBeside } from './leases-stage.ts';
import { createStorm, runStorm, sharedClock } from './leases-storm.ts';

export type StormInput = {
  readonly path: string;
  readonly seed: number;
  readonly operations: number;
};

const input = (parentPort === null ? JSON.parse(process.argv[2] ?? '') : workerData) as StormInput;
const file = openBeside(input.path);
const storm = createStorm(file, input.seed, `s${input.seed}`, sharedClock(file));
for (let done = 0; done < input.operations; done += 500) {
  runStorm(file, storm, Math.min(500, input.operations - done), input.seed + done);
  if (parentPort === null) process.stdout.write(`${done}\n`);
}
file.close();
parentPort?.postMessage('done');
