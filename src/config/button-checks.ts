import type { Problem } from '../base/errors.ts';
import type { ButtonPlan, ExperimentPlan } from './button-schema.ts';
import { duplicates } from './checks.ts';
import { type KnownRegion, phoneOf, phoneProblem, reference } from './phone-checks.ts';
import { linesOrFlow } from './site-checks.ts';
import type { SitePlan } from './site-schema.ts';

type Named = { readonly id: string };

/** As much of a plan as the checks of its buttons look at; an entry that is wrong in itself keeps its id. */
export type CheckedButtons = {
  readonly sources: readonly Named[];
  readonly lines: readonly Named[];
  readonly flows: readonly Named[];
  readonly schedules: readonly Named[];
  readonly numbers: readonly ({ readonly number: string } | undefined)[];
  readonly sites: readonly (SitePlan | undefined)[];
  /** Sites that are wrong in themselves: nothing can be said about what refers to them. */
  readonly wrongSites?: readonly Named[];
  readonly buttons: readonly (ButtonPlan | Named)[];
  readonly experiments: readonly (ExperimentPlan | Named)[];
};

/**
 * What no button or experiment can say alone: references to nothing, ids that stand twice.
 *
 * @param trunkIds of dialtrace.yaml
 */
export const buttonProblems = (
  plan: CheckedButtons,
  trunkIds: readonly string[],
  region: KnownRegion,
): readonly Problem[] => [
  ...sameIds('buttons', plan.buttons),
  ...sameIds('experiments', plan.experiments),
  ...plan.buttons.flatMap((button, index) =>
    'site' in button
      ? [
          ...oneButton(button, `buttons[${index}]`, plan, region),
          ...callbackProblems(button, `buttons[${index}]`, trunkIds),
        ]
      : [],
  ),
  ...plan.experiments.flatMap((experiment, index) =>
    'arms' in experiment ? oneExperiment(experiment, `experiments[${index}]`, plan) : [],
  ),
  ...duplicates(
    plan.experiments.flatMap((experiment, index) =>
      'arms' in experiment && experiment.state === 'running'
        ? [{ path: `experiments[${index}].button`, key: experiment.button }]
        : [],
    ),
    'a running experiment with the button',
    'run one at a time on a button',
  ),
];

const sameIds = (part: string, items: readonly Named[]): readonly Problem[] =>
  duplicates(
    items.map(({ id }, index) => ({ path: `${part}[${index}].id`, key: id })),
    'the id',
    'give each its own',
  );

const idsOf = (items: readonly Named[]): readonly string[] => items.map(({ id }) => id);

const oneReference = (
  path: string,
  kind: string,
  id: string | undefined,
  items: readonly Named[],
): readonly Problem[] =>
  id === undefined ? [] : reference(path, kind, id, idsOf(items), `add it to ${kind}s`);

const destination = (
  entry: { readonly lines?: readonly string[] | undefined; readonly flow?: string | undefined },
  path: string,
  plan: CheckedButtons,
): readonly Problem[] => [
  ...(entry.lines ?? []).flatMap((id, index) =>
    oneReference(`${path}.lines[${index}]`, 'line', id, plan.lines),
  ),
  ...duplicates(
    (entry.lines ?? []).map((key, index) => ({ path: `${path}.lines[${index}]`, key })),
    'the line',
    'name each line once',
  ),
  ...oneReference(`${path}.flow`, 'flow', entry.flow, plan.flows),
];

const oneButton = (
  button: ButtonPlan,
  path: string,
  plan: CheckedButtons,
  region: KnownRegion,
): readonly Problem[] => {
  const sites = plan.sites.flatMap((site) => site ?? []);
  return [
    ...oneReference(`${path}.site`, 'site', button.site, [...sites, ...(plan.wrongSites ?? [])]),
    ...oneReference(`${path}.source`, 'source', button.source, plan.sources),
    ...oneReference(`${path}.schedule`, 'schedule', button.schedule, plan.schedules),
    ...oneReference(`${path}.closedFlow`, 'flow', button.closedFlow, plan.flows),
    ...linesOrFlow(button, path),
    ...destination(button, path, plan),
    ...sameIds(`${path}.intents`, button.intents),
    ...button.intents.flatMap((intent, index) => [
      ...destination(intent, `${path}.intents[${index}]`, plan),
      ...(intent.lines !== undefined && intent.flow !== undefined
        ? [
            {
              path: `${path}.intents[${index}].flow`,
              message: 'stands beside lines',
              mend: 'keep one of the two',
            },
          ]
        : []),
    ]),
    ...(button.closed === 'voicemail' && button.closedFlow === undefined
      ? [{ path: `${path}.closedFlow`, message: 'is missing', mend: 'name the flow that takes a message' }]
      : []),
    ...(button.closed !== 'voicemail' && button.closedFlow !== undefined
      ? [
          {
            path: `${path}.closedFlow`,
            message: `never runs: closed is ${button.closed}`,
            mend: 'set closed: voicemail, or leave it out',
          },
        ]
      : []),
    ...numberProblems(button, `${path}.number`, plan, region),
  ];
};

/** Nobody is to be called at night because two times were swapped, or by a trunk that there is not. */
const callbackProblems = (
  { callback: { hours, trunk } }: ButtonPlan,
  path: string,
  trunkIds: readonly string[],
): readonly Problem[] => {
  const [from = '', to = ''] = hours.split('-');
  return [
    ...(from < to
      ? []
      : [
          {
            path: `${path}.callback.hours`,
            message: `${hours} goes over midnight`,
            mend: 'write when people may be called, such as 08:00-21:00',
          },
        ]),
    ...(trunk === undefined
      ? []
      : reference(`${path}.callback.trunk`, 'trunk', trunk, trunkIds, 'add it to trunks in dialtrace.yaml')),
  ];
};

/** The number is one that leads to us, or that the site's rules put one of ours in place of. */
const numberProblems = (
  { number, site }: ButtonPlan,
  path: string,
  plan: CheckedButtons,
  region: KnownRegion,
): readonly Problem[] => {
  const wrong = phoneProblem(path, number, region);
  if (wrong.length > 0) return wrong;
  const e164 = (text: string): string => phoneOf(text, region)?.e164 ?? text;
  const own = plan.sites.find((each) => each?.id === site);
  // What the site would show nobody can say; that it is missing is told already.
  if (!own) return [];
  const known = [
    ...plan.numbers.flatMap((entry) => entry?.number ?? []),
    ...own.targets.map((target) => target.number),
  ];
  if (known.some((text) => e164(text) === e164(number))) return [];
  return [
    {
      path,
      message: `${number} is no target of the site and no tracking number`,
      mend: 'add it to the targets of the site, or to numbers',
    },
  ];
};

const oneExperiment = (
  { button, arms, state, winner, floor, mode }: ExperimentPlan,
  path: string,
  plan: CheckedButtons,
): readonly Problem[] => [
  ...oneReference(`${path}.button`, 'button', button, plan.buttons),
  ...sameIds(`${path}.arms`, arms),
  ...(winner === undefined ? [] : reference(`${path}.winner`, 'arm', winner, idsOf(arms), 'add it to arms')),
  ...(winner !== undefined && state === 'running'
    ? [
        {
          path: `${path}.winner`,
          message: 'stands in a running experiment',
          mend: 'set state: ended, or leave it out',
        },
      ]
    : []),
  ...(mode === 'bandit' && floor * arms.length > 1
    ? [
        {
          path: `${path}.floor`,
          message: `${floor} for each of ${arms.length} arms is more than there is`,
          mend: `use at most ${(1 / arms.length).toFixed(2)}`,
        },
      ]
    : []),
];
