import type { Command } from 'commander';
import { FailureError } from '../base/errors.ts';
import { readPeriod } from '../reports/index.ts';
import {
  listVisits,
  type VisitDetailView,
  type VisitView,
  visitDetail,
  visitDetailView,
  visitView,
} from '../tracking/index.ts';
import { formatDuration, formatShare, formatTime } from './format.ts';
import { addPeriodOptions, addZoneOption, examples, type PeriodOptions, wholeNumber } from './options.ts';
import type { Output } from './output.ts';
import { act, type Cli } from './session.ts';

type ListOptions = PeriodOptions & { readonly site?: string; readonly limit: number };
type ShowOptions = { readonly zone?: string };

const pathOf = (address: string): string => {
  if (!URL.canParse(address)) return address;
  const { pathname } = new URL(address);
  return pathname.length > 40 ? `${pathname.slice(0, 39)}…` : pathname;
};

const sourceOf = ({ source, medium }: VisitView): string => `${source} / ${medium}`;

const printList = (out: Output, visits: readonly VisitView[], zone: string | undefined): void => {
  if (visits.length === 0) {
    out.line('No visits in this period.');
    return;
  }
  out.table(
    ['Began', 'Site', 'Source', 'Campaign', 'Landing page', 'Device', 'Pages', 'ID'],
    visits.map((visit) => [
      formatTime(visit.startedAt, zone),
      visit.site,
      sourceOf(visit),
      visit.campaign,
      pathOf(visit.landingUrl),
      visit.device,
      visit.pages,
      visit.id,
    ]),
    [6],
  );
};

const facts = (out: Output, visit: VisitDetailView, zone: string | undefined): void => {
  const clickIds = Object.entries(visit.clickIds).map(([name, id]) => `${name}=${id}`);
  out.facts([
    ['Visit', visit.id],
    ['Visitor', visit.visitor],
    ['Site', visit.site],
    ['Began', formatTime(visit.startedAt, zone)],
    ['Last seen', `${formatTime(visit.lastSeenAt, zone)}${visit.inView ? '' : ', page hidden or left'}`],
    ['Source', `${sourceOf(visit)} (${visit.channel})`],
    ['Campaign', visit.campaign],
    ['Keyword', visit.term],
    ['Click ids', clickIds.length === 0 ? null : clickIds.join(', ')],
    ['Landing page', visit.landingUrl],
    ['Referrer', visit.referrer],
    ['Device', [visit.device, visit.os, visit.browser].filter((part) => part !== null).join(', ')],
    ['Region', visit.region],
  ]);
};

const heading = (out: Output, text: string): void => out.line(`\n${out.paint('bold', text)}`);

const printVisit = (out: Output, visit: VisitDetailView, zone: string | undefined): void => {
  facts(out, visit, zone);
  heading(out, 'Pages');
  out.table(
    ['At', 'In view', 'Page', 'Title'],
    visit.pageViews.map(({ at, dwellMs, url, title }) => [
      formatTime(at, zone),
      formatDuration(dwellMs),
      pathOf(url),
      title,
    ]),
    [1],
  );
  if (visit.numbers.length > 0) {
    heading(out, 'Numbers shown');
    out.table(
      ['At', 'Number', 'Code', 'Lease'],
      visit.numbers.map((row) => [formatTime(row.shownAt, zone), row.number, row.code, row.leaseId]),
    );
  }
  if (visit.clicks.length > 0) {
    heading(out, 'Clicks');
    out.table(
      ['At', 'Kind', 'Number'],
      visit.clicks.map((click) => [formatTime(click.at, zone), click.kind, click.number]),
    );
  }
  if (visit.calls.length > 0) {
    heading(out, 'Calls');
    out.table(
      ['At', 'Status', 'Number', 'Match', 'Probability', 'ID'],
      visit.calls.map(({ startedAt, status, number, match, id }) => [
        formatTime(startedAt, zone),
        status,
        number,
        match.method,
        formatShare(match.probability),
        id,
      ]),
      [4],
    );
  }
};

const addList = (group: Command, cli: Cli): void => {
  const list = addPeriodOptions(
    group
      .command('list')
      .description('List visits of the sites, newest first.')
      .option('--site <id>', 'of this site only')
      .option('--limit <count>', 'at most so many', wholeNumber(1, 10_000), 50),
  ).action(
    act<[ListOptions]>(cli, (session, options) =>
      session.withStore('read', async ({ db }) => {
        const { from, to } = readPeriod(options, session.now());
        const rows = await listVisits(db, { site: options.site, from, to, limit: options.limit });
        const visits = rows.map(visitView);
        if (session.json) return cli.out.json({ visits });
        printList(cli.out, visits, options.zone);
      }),
    ),
  );
  examples(list, ['dialtrace visit list --period today', 'dialtrace visit list --site main --limit 10']);
};

const addShow = (group: Command, cli: Cli): void => {
  const show = addZoneOption(
    group
      .command('show')
      .description('Show a visit: its source, pages, numbers, clicks and calls.')
      .argument('<id>'),
  ).action(
    act<[string, ShowOptions]>(cli, (session, id, options) =>
      session.withStore('read', async ({ db }) => {
        const found = await visitDetail(db, id.toUpperCase());
        if (!found) throw new FailureError(`There is no visit ${id}: see \`dialtrace visit list\``);
        const visit = visitDetailView(found);
        if (session.json) return cli.out.json(visit);
        printVisit(cli.out, visit, options.zone);
      }),
    ),
  );
  examples(show, ['dialtrace visit show 01KAN8W1V3T5T8W2X0M4S6Q9ZB']);
};

export const addVisitCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('visit')
    .summary('who came to the pages')
    .description('Visits of the web pages: what brought them, and what came of them.');
  addList(group, cli);
  addShow(group, cli);
};
