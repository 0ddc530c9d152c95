import { type Command, Option } from 'commander';
import { UsageError } from '../base/errors.ts';
import type { SitePlan } from '../config/index.ts';
import type { Store } from '../store/index.ts';
import {
  createLivePlan,
  explainSite,
  type LivePlan,
  type RuleFacts,
  rankedRules,
  type SiteExplanation,
  type TargetChoice,
} from '../tracking/index.ts';
import { examples } from './options.ts';
import { act, type Cli, type Session } from './session.ts';
import { addSiteCheck } from './site-check.ts';

type ExplainOptions = {
  readonly url: string;
  readonly referrer?: string;
  readonly device?: RuleFacts['device'];
};

const readPlan = async (store: Store): Promise<LivePlan> => {
  const plan = createLivePlan(store, undefined, 0);
  await plan.refresh();
  return plan.current();
};

const siteOf = ({ sites }: LivePlan, id: string): SitePlan => {
  const site = sites.get(id);
  if (site !== undefined) return site;
  throw new UsageError(`There is no site ${id}: \`dialtrace site list\` shows them`);
};

const poolsOf = ({ rules }: SitePlan): readonly string[] => [
  ...new Set(rules.flatMap(({ use }) => ('pool' in use ? [use.pool] : []))),
];

const list = async (session: Session): Promise<void> => {
  const { sites } = await session.withStore('read', readPlan);
  const all = [...sites.values()];
  if (session.json) return session.out.json(all);
  if (all.length === 0)
    return session.out.line(
      'There are no sites yet: write `sites` into the tracking plan, then `dialtrace apply`.',
    );
  session.out.table(
    ['ID', 'Name', 'Hosts', 'Numbers', 'Rules', 'Pools', 'Consent'],
    all.map((site) => [
      site.id,
      site.name ?? null,
      site.hosts.join(', '),
      site.targets.length,
      site.rules.length,
      poolsOf(site).join(', ') || null,
      site.consent,
    ]),
    [3, 4],
  );
};

const givenWords = (use: SitePlan['rules'][number]['use'] | TargetChoice['use']): string => {
  if ('pool' in use) return `pool ${use.pool}`;
  return 'number' in use ? use.number : 'its own number';
};

const show = async (session: Session, id: string): Promise<void> => {
  const site = siteOf(await session.withStore('read', readPlan), id);
  if (session.json) return session.out.json(site);
  const { out } = session;
  out.facts([
    ['Site', site.name === undefined ? site.id : `${site.id} (${site.name})`],
    ['Hosts', site.hosts.join(', ')],
    ['Numbers', site.targets.map(({ number }) => number).join(', ')],
    [
      'Hybrid',
      site.hybrid ? 'yes: a pool without conditions is for visits with the click id of an ad' : 'no',
    ],
    ['Consent', site.consent],
    ['Linked', site.linkedHosts.join(', ') || null],
    ['Codes', site.codes ? `${site.codes.digits} digits behind ${site.codes.number}` : 'off'],
  ]);
  const rules = rankedRules(site);
  if (rules.length === 0) return;
  out.line();
  out.table(
    ['', 'Rule', 'Kind', 'Priority', 'Asks for', 'For', 'Gives'],
    rules.map(({ rule, kind, wants }, index) => [
      index + 1,
      rule.id,
      kind,
      rule.priority,
      wants || 'nothing',
      rule.targets?.join(', ') ?? 'all numbers',
      givenWords(rule.use),
    ]),
    [0, 3],
  );
};

const choiceWords = ({ use }: TargetChoice): string =>
  use.type === 'pool'
    ? `a number of pool ${use.pool}, ${use.class === undefined ? "the visit's own" : `or one that like visits share (class ${use.class})`}`
    : givenWords(use);

const visitFacts = ({ touch, sourceId, device, adClick }: SiteExplanation): [string, string | null][] => [
  ['Channel', touch.channel],
  ['Source', `${touch.source} / ${touch.medium}`],
  [
    'Campaign',
    [touch.campaign, touch.term, touch.content].filter((word) => word !== null).join(' / ') || null,
  ],
  ['Click ids', Object.keys(touch.clickIds).join(', ') + (adClick ? ' (an ad)' : '') || null],
  ['Referrer', touch.referrerHost === null ? null : `${touch.referrerHost} (${touch.referrerGroup})`],
  ['Plan source', sourceId],
  ['Device', device],
];

const explain = async (session: Session, id: string, options: ExplainOptions): Promise<void> => {
  const plan = await session.withStore('read', readPlan);
  const explanation = explainSite(siteOf(plan, id), plan.sources, options);
  if (session.json) return session.out.json(explanation);
  const { out } = session;
  if (!explanation.onSite) out.note('The page is on none of the hosts of the site: it would get no answer.');
  out.facts(visitFacts(explanation));
  for (const choice of explanation.targets) {
    out.line();
    out.line(`${out.paint('bold', choice.target)} → ${choiceWords(choice)}`);
    out.table(
      ['', 'Rule', 'Kind', 'Why'],
      choice.explain.map(({ rule, kind, chosen, matched, reason }) => [
        chosen ? out.paint('green', '✓') : matched ? '·' : ' ',
        rule,
        kind,
        reason,
      ]),
    );
  }
};

export const addSiteCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('site')
    .summary('web sites and their rules')
    .description('Web sites whose numbers are swapped, and which number a visit would see.');
  group.command('list').description('List sites.').action(act<[]>(cli, list));
  group
    .command('show')
    .description('Show a site and its rules, in the order in which they decide.')
    .argument('<id>')
    .action(act<[string]>(cli, show));
  addSiteCheck(group, cli);
  const explaining = group
    .command('explain')
    .description(
      'Show which numbers a visit would see, and why: each rule with its reason. Nothing is stored or lent.',
    )
    .argument('<id>')
    .requiredOption('--url <url>', 'landing page, with its parameters')
    .option('--referrer <url>', 'page that the visit comes from')
    .addOption(
      new Option('--device <kind>', 'device (default: desktop)').choices(['phone', 'tablet', 'desktop']),
    )
    .action(act<[string, ExplainOptions]>(cli, explain));
  examples(explaining, [
    'dialtrace site explain main --url "https://www.example.com/?gclid=abc" --device phone',
    'dialtrace site explain main --url https://www.example.com/ --referrer https://www.baidu.com/',
  ]);
};
