import type { Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import { type PersonView, type TimelineEntry, timeline } from '../tracking/index.ts';
import { findCall } from './calls.ts';
import { formatDuration, formatMoney, formatTime, plural } from './format.ts';
import { addZoneOption, examples } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

type Entry<Type extends TimelineEntry['type']> = Extract<TimelineEntry, { type: Type }>;

/** `google / cpc / roof` */
const sourceWords = (source: Entry<'visit'>['source']): string => {
  if (source === null) return 'a source unknown';
  const words = [source.source, source.medium, source.campaign].filter((word) => word !== null);
  return words.join(' / ');
};

const visitWords = (visit: Entry<'visit'>): string => {
  const clicks = visit.clicks === 0 ? '' : `, ${plural(visit.clicks, 'tap')} on a number`;
  return (
    `Visited ${visit.site} from ${sourceWords(visit.source)}: ${plural(visit.pages, 'page')} in ` +
    `${formatDuration(visit.seconds * 1000)}${clicks}, first ${visit.landing}`
  );
};

/** `matched by lease with 97 %` */
const matchWords = ({ match, source }: Entry<'call'>): string => {
  if (match.method === 'none') return 'unattributed';
  const sure = match.probability === null ? '' : `, ${(match.probability * 100).toFixed(1)} %`;
  return `from ${sourceWords(source)} (${match.method}${sure})`;
};

const callWords = (call: Entry<'call'>): string => {
  const outcome =
    call.status === 'answered' ? `talked ${formatDuration(call.talkMs)}` : call.status.replace('_', ' ');
  const parts = [
    outcome,
    call.direction === 'inbound' ? matchWords(call) : undefined,
    call.repeat ? 'a repeat' : undefined,
    call.disposition === null ? undefined : `noted as ${call.disposition}`,
    call.tags.length > 0 ? `tags ${call.tags.join(', ')}` : undefined,
    (call.spamScore ?? 0) > 0 ? `spam score ${call.spamScore}` : undefined,
    call.test ? 'a test' : undefined,
  ].filter((part) => part !== undefined);
  const verb = call.direction === 'inbound' ? `Called ${call.did ?? 'a number unknown'}` : 'Was called';
  return `${verb}: ${parts.join(', ')} [${call.id}]`;
};

const formWords = ({ name, site, contact, id }: Entry<'form'>): string =>
  `Sent the form ${name}${site === null ? '' : ` on ${site}`}${contact === null ? '' : ` as ${contact}`} [${id}]`;

const leadWords = (lead: Entry<'lead'>): string => {
  const amounts = (['value', 'quote', 'sale'] as const).flatMap((name) => {
    const amount = lead[name];
    return amount === null ? [] : [`${name} ${formatMoney(amount.amount, amount.currency)}`];
  });
  return [`Lead: ${lead.status}`, ...amounts].join(', ');
};

const entryWords = (entry: TimelineEntry): string => {
  switch (entry.type) {
    case 'visit':
      return visitWords(entry);
    case 'call':
      return callWords(entry);
    case 'form':
      return formWords(entry);
    case 'lead':
      return leadWords(entry);
  }
};

const print = ({ out }: Session, view: PersonView, zone?: string): void => {
  out.facts([
    ['Person', view.person],
    ['Contacts', view.contacts.join(', ') || null],
    ['Browsers', view.visitors.join(', ') || null],
    ['Tags', view.tags.join(', ') || null],
    ['Lead', view.lead?.status ?? null],
  ]);
  out.line();
  if (!view.complete) out.line('The beginning is left out.');
  for (const entry of view.timeline) {
    out.line(`${out.paint('dim', formatTime(entry.at, zone))}  ${entryWords(entry)}`);
  }
};

const show = (session: Session, id: string, { zone }: { zone?: string }): Promise<void> =>
  session.withStore('read', async (store) => {
    const wanted = id === 'last' ? (await findCall(store.calls, id)).call.id : id;
    const view = await store.exclusively(
      (file) => timeline(file, wanted) ?? timeline(file, wanted.toUpperCase()),
    );
    if (view === undefined) {
      throw new UsageError(`Nobody is known by ${id}: give the id of a person, call, visitor, visit or form`);
    }
    if (session.json) return session.out.json(view);
    print(session, view, zone);
  });

export const addPersonCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('person')
    .summary('what one caller did')
    .description('People: who visited, called and wrote, as far as one can be told from another.');
  const command = addZoneOption(
    group
      .command('show')
      .description('What one person did, in order: visits, calls, forms, the lead. Numbers are masked.')
      .argument('<id>', 'id of a person, call, visitor, visit or form, or "last" for the newest call'),
  ).action(act<[string, { zone?: string }]>(cli, show));
  examples(command, [
    'dialtrace person show last',
    'dialtrace person show 01K9ZJ3V8Q4N7M2T5B6C8D9EFG --json',
  ]);
};
