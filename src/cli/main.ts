#!/usr/bin/env node
import { errorCode } from '../base/errors.ts';
import { judge } from './failure.ts';
import { createOutput } from './output.ts';
import { createProgram } from './program.ts';

// A reader that has seen enough (`dialtrace calls list | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (errorCode(error) === 'EPIPE') process.exit(0);
    throw error;
  });
}

const program = createProgram({
  env: process.env,
  directory: process.cwd(),
  out: createOutput(process.stdout, process.stderr, process.env),
  now: () => Date.now(),
});

try {
  await program.parseAsync(process.argv);
} catch (error) {
  const { code, text } = judge(error, process.argv.includes('--json'));
  if (text !== '') process.stderr.write(`${text}\n`);
  process.exitCode = code;
}
