import { parseArgs } from 'node:util';
import { soak } from './soak.ts';
import { describe } from './verdict.ts';

/**
 * A day of registrations and calls in ten minutes, and what is left of them afterwards (plan.ts has the arithmetic):
 * `npm run soak [-- --minutes 10]`. Exit code 1 when memory, sockets, timers or anything else grew.
 */

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (!(minutes > 0)) {
  process.stderr.write(`--minutes ${values.minutes}: use a number above 0\n`);
  process.exit(2);
}

const { tally, faults } = await soak({
  minutes,
  bounds: { part: 0.05, megabytes: 2 },
  onSample: (sample) => say(describe(sample)),
});
say('');
for (const [name, count] of [...tally.done].sort()) say(`${String(count).padStart(7)}  ${name}`);
for (const [name, count] of tally.wrong) say(`${String(count).padStart(7)}  WRONG ${name}`);
say('');
for (const fault of faults) say(fault);
if (faults.length === 0) say('Nothing grew, and nothing is left.');
process.exit(faults.length === 0 ? 0 : 1);
