import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../base/errors.ts';
import {
  getLead,
  type LeadPatch,
  type LeadView,
  leadStatusSchema,
  leadView,
  listLeads,
  MOST_AMOUNT,
  type Money,
  money,
  setLead,
} from '../tracking/index.ts';
import { formatMoney, formatTime } from './format.ts';
import { addZoneOption, examples, oneLine, wholeNumber } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

const STATUSES = leadStatusSchema.options;

/** `250 EUR` */
const parseMoney = (text: string): Money | null => {
  if (text === 'none') return null;
  const [, amount, currency] = /^(\d+(?:\.\d{1,6})?) ?([A-Z]{3})$/.exec(text.trim()) ?? [];
  if (currency !== undefined && Number(amount) <= MOST_AMOUNT) return money(Number(amount), currency);
  throw new InvalidArgumentError('Write it as "250 EUR", or "none".');
};

const nothingOf = (id: string): UsageError =>
  new UsageError(`Nothing has the id ${id}: give the id of a person, call, visitor, visit or form`);

/** `250.00 EUR` */
const amountWords = (amount: LeadView['value']): string =>
  amount === null ? '–' : formatMoney(amount.amount, amount.currency);

type ListOptions = {
  readonly status?: LeadView['status'];
  readonly owner?: string;
  readonly limit: number;
  readonly zone?: string;
};

const list = async (session: Session, { zone, ...filter }: ListOptions): Promise<void> => {
  const rows = await session.withStore('read', (store) =>
    store.exclusively((file) => listLeads(file, filter)),
  );
  const leads = rows.map(leadView);
  if (session.json) return session.out.json(leads);
  if (leads.length === 0) return session.out.line('No leads.');
  session.out.table(
    ['Person', 'Contact', 'Status', 'Value', 'Quote', 'Sale', 'Owner', 'Changed'],
    leads.map((lead) => [
      lead.person,
      lead.contact,
      lead.status,
      amountWords(lead.value),
      amountWords(lead.quote),
      amountWords(lead.sale),
      lead.owner,
      formatTime(lead.updatedAt, zone),
    ]),
    [3, 4, 5],
  );
};

const print = ({ out, json }: Session, lead: LeadView, zone?: string): void => {
  if (json) {
    out.json(lead);
    return;
  }
  out.facts([
    ['Person', lead.person],
    ['Contact', lead.contact],
    ['Status', lead.status],
    ['Value', amountWords(lead.value)],
    ['Quote', amountWords(lead.quote)],
    ['Sale', amountWords(lead.sale)],
    ['Owner', lead.owner],
    ['Since', formatTime(lead.createdAt, zone)],
    ['Qualified', formatTime(lead.qualifiedAt, zone)],
    ['Customer', formatTime(lead.convertedAt, zone)],
    ['Changed', formatTime(lead.updatedAt, zone)],
  ]);
};

const show = async (session: Session, id: string, { zone }: { zone?: string }): Promise<void> => {
  const lead = await session.withStore('read', (store) => store.exclusively((file) => getLead(file, id)));
  if (lead === undefined)
    throw new UsageError(`There is no lead of ${id}: \`dialtrace lead list\` shows them`);
  print(session, leadView(lead), zone);
};

type SetOptions = Pick<LeadPatch, 'status' | 'value' | 'quote' | 'sale'> & { readonly owner?: string };

const set = async (session: Session, id: string, options: SetOptions): Promise<void> => {
  const { owner, ...rest } = options;
  if (Object.keys(options).length === 0)
    throw new UsageError('Name what is to change: --status, --value, --quote, --sale, --owner');
  const patch: LeadPatch = {
    ...rest,
    ...(owner !== undefined && { owner: owner === 'none' ? null : owner }),
  };
  const lead = await session.withStore('write', (store) =>
    store.exclusively((file) => setLead(file, id, patch, session.now())),
  );
  if (lead === undefined) throw nothingOf(id);
  print(session, leadView(lead));
};

export const addLeadCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('lead')
    .summary('what becomes of callers')
    .description('Leads: what becomes of those who call or send a form.');
  const listing = addZoneOption(group.command('list').description('Leads, those that changed last first.'))
    .addOption(new Option('--status <status>', 'only these').choices(STATUSES))
    .option('--owner <name>', 'of whoever looks after them')
    .option('-n, --limit <count>', 'how many at most', wholeNumber(1, 10_000), 50)
    .action(act<[ListOptions]>(cli, list));
  examples(listing, ['dialtrace lead list --status new']);
  addZoneOption(
    group
      .command('show')
      .description('One lead: how far it is, its amounts, since when.')
      .argument('<id>', 'id of its person, or of a call, visitor, visit or form'),
  ).action(act<[string, { zone?: string }]>(cli, show));
  const change = group
    .command('set')
    .description('Change a lead, or make one. What is not named stays; "none" unsets.')
    .argument('<id>', 'id of its person, or of a call, visitor, visit or form')
    .addOption(new Option('--status <status>', 'how far it is').choices(STATUSES))
    .option('--value <money>', 'what it may be worth: "250 EUR"', parseMoney)
    .option('--quote <money>', 'what was offered', parseMoney)
    .option('--sale <money>', 'what was sold: makes it a customer unless --status says otherwise', parseMoney)
    .option('--owner <name>', 'who looks after it', oneLine)
    .action(act<[string, SetOptions]>(cli, set));
  examples(change, [
    'dialtrace lead set 01K9ZJ3V8Q4N7M2T5B6C8D9EFG --status qualified --value "250 EUR"',
    'dialtrace lead set 01K9ZJ3V8Q4N7M2T5B6C8D9EFG --sale "1200 EUR"',
  ]);
};
