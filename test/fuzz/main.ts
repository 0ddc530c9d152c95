import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FUZZERS } from './runs.ts';

/**
 * Throws made-up messages and streams at the SIP parser and framers until time is up:
 * `npm run fuzz [-- --seconds 600] [--seed NUMBER] [--only structured,mutation,framer,deframer]`.
 * Ends with 1 at the first finding, whose bytes are written to a file.
 */

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
});

const FILE = join(tmpdir(), 'dialtrace-fuzz-finding.hex');
/** Each fuzzer has its turn for this long, so that none waits for the end of another. */
const TURN_MS = 3000;

const say = (text: string): void => void process.stdout.write(text);
const chosen = options.only?.split(',') ?? Object.keys(FUZZERS);
const until = performance.now() + Number(options.seconds) * 1000;
const counts = new Map<string, { cases: number; accepted: number }>();
let seed = options.seed === undefined ? Date.now() % 1_000_000_000 : Number(options.seed);

const progress = (): string =>
  [...counts].map(([name, { cases, accepted }]) => `${name} ${cases} (${accepted} accepted)`).join(', ');

say(`Seed ${seed}, ${options.seconds} s\n`);
while (performance.now() < until) {
  for (const name of chosen) {
    const fuzzer = FUZZERS[name];
    if (fuzzer === undefined) throw new Error(`no fuzzer is called ${name}`);
    seed += 1;
    const { cases, accepted, finding } = fuzzer(seed, Math.min(until, performance.now() + TURN_MS));
    const sum = counts.get(name) ?? { cases: 0, accepted: 0 };
    counts.set(name, { cases: sum.cases + cases, accepted: sum.accepted + accepted });
    if (finding !== undefined) {
      writeFileSync(FILE, `${finding.hex}\n`);
      say(`\n${finding.fuzzer}, seed ${seed}, case ${cases}: ${finding.what}\n`);
      say(`${JSON.stringify(Buffer.from(finding.hex, 'hex').toString('latin1'))}\nBytes in ${FILE}.\n`);
      process.exit(1);
    }
  }
  say(`\r${Math.max(0, Math.round((until - performance.now()) / 1000))} s left: ${progress()}  `);
}
say('\nNothing found.\n');
