import type { Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import { type FormView, formView, getForm, listForms } from '../tracking/index.ts';
import { periodBounds } from './calls.ts';
import { formatTime } from './format.ts';
import { addPeriodOptions, addZoneOption, examples, type PeriodOptions, wholeNumber } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

type ListOptions = PeriodOptions & { readonly name?: string; readonly limit: number };

const list = async (session: Session, { name, limit, ...period }: ListOptions): Promise<void> => {
  const filter = { ...periodBounds(period, session.now()), name, limit };
  const rows = await session.withStore('read', (store) =>
    store.exclusively((file) => listForms(file, filter)),
  );
  const forms = rows.map((row) => formView(row));
  if (session.json) return session.out.json(forms);
  if (forms.length === 0) return session.out.line('No forms.');
  session.out.table(
    ['Form', 'Time', 'Name', 'Site', 'Contact', 'Visit'],
    forms.map(({ id, at, name: which, site, contact, visit }) => [
      id,
      formatTime(at, period.zone),
      which,
      site,
      contact,
      visit,
    ]),
  );
};

const print = ({ out }: Session, form: FormView, zone?: string): void => {
  out.facts([
    ['Form', form.id],
    ['Name', form.name],
    ['Time', formatTime(form.at, zone)],
    ['Site', form.site],
    ['Contact', form.contact],
    ['Visit', form.visit],
    ['External id', form.externalId],
    ...Object.entries(form.fields ?? {}).map(
      ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
    ),
  ]);
};

type ShowOptions = { readonly reveal?: boolean; readonly zone?: string };

const show = (session: Session, id: string, { reveal, zone }: ShowOptions): Promise<void> =>
  session.withStore('read', async (store) => {
    const form = await store.exclusively((file) => getForm(file, id.toUpperCase()));
    if (form === undefined)
      throw new UsageError(`There is no form ${id}: \`dialtrace form list\` shows them`);
    const view = formView(form, reveal ? store.vault : undefined);
    if (session.json) return session.out.json(view);
    print(session, view, zone);
  });

export const addFormCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('form')
    .summary('forms that were sent')
    .description('Forms that visitors of your sites sent. Sites hand them in by POST /v1/forms.');
  const listing = addPeriodOptions(group.command('list').description('Forms, newest first.'))
    .option('--name <name>', 'which form')
    .option('-n, --limit <count>', 'how many at most', wholeNumber(1, 10_000), 50)
    .action(act<[ListOptions]>(cli, list));
  examples(listing, ['dialtrace form list --name quote --period 7d']);
  addZoneOption(
    group
      .command('show')
      .description('One form: when, where, by whom.')
      .argument('<id>', 'its id')
      .option('--reveal', 'show its fields in clear (needs the key file)'),
  ).action(act<[string, ShowOptions]>(cli, show));
};
