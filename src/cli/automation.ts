import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { errorMessage, UsageError } from '../base/errors.ts';
import { type AutomationPlan, automationSchema } from '../config/index.ts';
import { type DryRun, dryRun, readAutomations } from '../tracking/index.ts';
import { formatMoney, formatTime, plural } from './format.ts';
import { addZoneOption, examples, wholeNumber } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

const DAY_MS = 86_400_000;

/** `minTalkSeconds 60, source google or bing` */
const conditionWords = ({ when }: AutomationPlan): string =>
  Object.entries(when)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(' or ') : String(value)}`)
    .join(', ');

const workWords = ({ do: work }: AutomationPlan): string =>
  [
    work.tags && `tag ${work.tags.join(', ')}`,
    work.status && `lead ${work.status}`,
    work.value && `value ${formatMoney(work.value.amount, work.value.currency)}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');

const list = async (session: Session): Promise<void> => {
  const plans = await session.withStore('read', (store) => store.exclusively(readAutomations));
  if (session.json) return session.out.json(plans);
  if (plans.length === 0) {
    return session.out.line('There are no automations: write them under `automations` of the tracking plan.');
  }
  session.out.table(
    ['ID', 'When', 'Does'],
    plans.map((plan) => [plan.id, conditionWords(plan), workWords(plan)]),
  );
};

/** @throws UsageError with each wrong field */
const readRules = (path: string): readonly AutomationPlan[] => {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} can't be read as JSON: ${errorMessage(error)}`);
  }
  const rules = z.array(automationSchema).safeParse(found);
  if (rules.success) return rules.data;
  throw new UsageError(
    `${path} holds no automations: write an array of entries as in the tracking plan`,
    rules.error.issues.map(({ path: field, message }) => ({ path: field.map(String).join('.'), message })),
  );
};

const valuesWords = (values: Readonly<Record<string, number>>): string | null =>
  Object.entries(values)
    .map(([currency, amount]) => formatMoney(amount, currency))
    .join(', ') || null;

const print = ({ out }: Session, result: DryRun, zone?: string): void => {
  out.line(`Of ${plural(result.calls, 'call')} and ${plural(result.forms, 'form')}; nothing was written.`);
  if (result.automations.length === 0) {
    out.line('There are no automations.');
    return;
  }
  out.line();
  out.table(
    ['Automation', 'Fits', 'Tagged', 'Leads moved', 'Values', 'Sum'],
    result.automations.map((row) => [
      row.automation,
      row.matched,
      row.tagged,
      row.moved,
      row.valued,
      valuesWords(row.values),
    ]),
    [1, 2, 3, 4, 5],
  );
  if (result.effects.length === 0) return;
  out.line();
  out.table(
    ['Time', 'What', 'ID', 'Automation', 'Does'],
    result.effects.map(({ at, type, id, automation, text }) => [
      formatTime(at, zone),
      type,
      id,
      automation,
      text,
    ]),
  );
};

type DryRunOptions = { readonly days: number; readonly rules?: string; readonly zone?: string };

const tryOut = (session: Session, { days, rules, zone }: DryRunOptions): Promise<void> =>
  session.withStore('read', async (store) => {
    const now = session.now();
    const automations = rules === undefined ? undefined : readRules(resolve(session.directory, rules));
    const result = await dryRun(store, { from: now - days * DAY_MS, to: now, automations });
    if (session.json) return session.out.json(result);
    print(session, result, zone);
  });

export const addAutomationCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('automation')
    .summary('what is done by itself')
    .description('Automations of the tracking plan: what is done by itself after calls and forms.');
  group
    .command('list')
    .description('Automations, in the order in which they are done.')
    .action(act<[]>(cli, list));
  const command = addZoneOption(
    group
      .command('dry-run')
      .description('What automations would have done about past calls and forms. Writes nothing.'),
  )
    .option('--days <count>', 'how far back', wholeNumber(1, 400), 30)
    .option('--rules <file>', 'automations to try instead of the plan’s: a JSON array')
    .action(act<[DryRunOptions]>(cli, tryOut));
  examples(command, [
    'dialtrace automation dry-run --days 30',
    'dialtrace automation dry-run --rules qualified.json --json',
  ]);
};
