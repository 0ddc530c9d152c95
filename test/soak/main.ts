import { parseArgs } from 'node:util';
import { describe as describeBrowsers } from './browsers/sample.ts';
import { soakBrowsers } from './browsers/soak.ts';
import { soak } from './soak.ts';
import { describe } from './verdict.ts';

/**
 * A day of registrations and calls in ten minutes, and what is left of them afterwards (plan.ts has the arithmetic):
 * `npm run soak [-- --minutes 10]`. Exit code 1 when memory, sockets, timers or anything else grew.
 *
 * `npm run soak -- --browsers 150` instead: so many short calls with browsers, which end in every way.
 */

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, browsers: { type: 'string' } },
});
const minutes = Number(values.minutes);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (!(minutes > 0)) {
  process.stderr.write(`--minutes ${values.minutes}: use a number above 0\n`);
  process.exit(2);
}

const conclude = (faults: readonly string[]): never => {
  for (const fault of faults) say(fault);
  if (faults.length === 0) say('Nothing grew, and nothing is left.');
  process.exit(faults.length === 0 ? 0 : 1);
};

if (values.browsers !== undefined) {
  const calls = Number(values.browsers);
  const rounds = Math.max(2, Math.round(calls / 30));
  conclude(
    (
      await soakBrowsers({
        calls,
        rounds,
        atOnce: 6,
        patient: true,
        onSample: (sample) => say(describeBrowsers(sample)),
      })
    ).faults,
  );
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
conclude(faults);
