#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { errorCode } from '../base/errors.ts';
import { EXIT } from './failure.ts';
import { createOutput } from './output.ts';
import { runCommand } from './run.ts';

// A reader that has seen enough (`dialtrace calls list | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (errorCode(error) === 'EPIPE') process.exit(EXIT.ok);
    // What was asked for did not arrive, and perhaps nobody can be told.
    if (stream === process.stdout) writeSync(2, `The output can't be written: ${error.message}\n`);
    process.exit(EXIT.failure);
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
