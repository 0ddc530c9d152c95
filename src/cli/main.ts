#!/usr/bin/env node
import { errorCode } from '../base/errors.ts';
import { createOutput } from './output.ts';
import { runCommand } from './run.ts';

// A reader that has seen enough (`dialtrace calls list | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (errorCode(error) === 'EPIPE') process.exit(0);
    throw error;
  });
}

const { code, text } = await runCommand(process.argv.slice(2), {
  env: process.env,
  directory: process.cwd(),
  out: createOutput(process.stdout, process.stderr, process.env),
  now: () => Date.now(),
});
if (text !== '') process.stderr.write(`${text}\n`);
process.exitCode = code;
