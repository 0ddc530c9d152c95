import type { ButtonLinks, ButtonSnippets, Opening } from '../buttons/index.ts';
import type { ButtonPlan, ExperimentPlan } from '../config/index.ts';
import type { ButtonFigures } from '../reports/index.ts';
import { formatTime } from './format.ts';
import type { Output } from './output.ts';

/** A button as `--json` shows it. */
export type ButtonView = {
  readonly plan: ButtonPlan;
  readonly open: boolean;
  /** ISO 8601; null: now, or never. */
  readonly opens: string | null;
  readonly experiment: string | null;
  readonly today: ButtonFigures;
  readonly week: ButtonFigures;
  /** Null: `buttons.publicUrl` is not set. */
  readonly links: ButtonLinks | null;
  readonly embed: ButtonSnippets | null;
};

/** @param zone of times; undefined: this machine's */
export const openText = ({ open, opens }: Pick<ButtonView, 'open' | 'opens'>, zone?: string): string => {
  if (open) return 'open';
  return opens === null ? 'closed, for good' : `closed until ${formatTime(opens, zone).slice(0, 16)}`;
};

export const openingOf = ({ open, opensAt }: Opening): Pick<ButtonView, 'open' | 'opens'> => ({
  open,
  opens: opensAt === undefined ? null : new Date(opensAt).toISOString(),
});

export const runningOn = (experiments: ReadonlyMap<string, ExperimentPlan>, button: string): string | null =>
  [...experiments.values()].find((each) => each.button === button && each.state === 'running')?.id ?? null;

const targetText = ({ lines, flow }: Pick<ButtonPlan, 'lines' | 'flow'>): string =>
  flow === undefined ? `lines ${(lines ?? []).join(', ')}` : `flow ${flow}`;

const wordsText = (texts: string | Readonly<Record<string, string>> | undefined): string | null => {
  if (texts === undefined || typeof texts === 'string') return texts ?? null;
  return Object.entries(texts)
    .map(([language, words]) => `${words} (${language})`)
    .join(', ');
};

const intentText = (intent: ButtonPlan['intents'][number]): string => {
  const leads = intent.lines !== undefined || intent.flow !== undefined;
  return leads ? `${intent.id} → ${targetText(intent)}` : intent.id;
};

const figuresText = ({ views, presses, calls, answered }: ButtonFigures): string =>
  `${views} views, ${presses} presses, ${calls} calls, ${answered} answered`;

const callbackText = ({ enabled, hours, tries }: ButtonPlan['callback'], dials: boolean): string => {
  if (!enabled) return 'off';
  if (!dials) return 'not offered: no trunk of dialtrace.yaml has a gateway to call visitors through';
  return `${hours}, ${tries} ${tries === 1 ? 'try' : 'tries'}`;
};

const CONFIRMS = { none: 'not asked', confirm: 'a sheet asks first', sms: 'a code is sent first' } as const;
const CLOSED = {
  callback: 'a call back is offered',
  number: 'the number is shown',
} as const;

/** Snippets, each below what it is for. */
export const printEmbed = (out: Output, { script, element, attribute, frame }: ButtonSnippets): void => {
  const parts = [
    ['Once in the page', script],
    ['Where the button is to stand', element],
    ['Or any element of yours', attribute],
    ['Instead of all that, where scripts of others are not wanted', frame],
  ] as const;
  parts.forEach(([title, text], index) => {
    if (index > 0) out.line();
    out.line(out.paint('bold', title));
    out.line(text);
  });
};

const closedText = ({ closed, closedFlow, callback }: ButtonPlan, dials: boolean): string => {
  if (closed === 'voicemail') return `flow ${closedFlow ?? ''}`;
  return closed === 'callback' && !(dials && callback.enabled) ? CLOSED.number : CLOSED[closed];
};

/**
 * A button for people.
 *
 * @param dials whether visitors of it can be called
 */
export const printButton = (
  out: Output,
  { plan, experiment, today, week, links, embed, ...state }: ButtonView,
  dials: boolean,
): void => {
  out.facts([
    ['Button', plan.name === undefined ? plan.id : `${plan.id} (${plan.name})`],
    ['Site', plan.site],
    ['Number', plan.number],
    ['Rings', targetText(plan)],
    ['Intents', plan.intents.map(intentText).join(', ') || null],
    ['Source', plan.source ?? null],
    ['Text', wordsText(plan.text)],
    ['Looks', [plan.color, plan.position, plan.size].filter((word) => word !== undefined).join(', ')],
    ['Before a call', CONFIRMS[plan.confirm]],
    ['Telephones', plan.mobile === 'dial' ? 'open their dialler' : 'call in the browser'],
    ['State', openText(state)],
    ['Schedule', plan.schedule ?? null],
    ['When closed', closedText(plan, dials)],
    ['Call back', callbackText(plan.callback, dials)],
    ['Longest call', `${plan.maxMinutes} min`],
    ['Experiment', experiment],
    ['Today', figuresText(today)],
    ['7 days', figuresText(week)],
    ['Page', links?.page ?? null],
  ]);
  if (embed === null) return;
  out.line();
  printEmbed(out, embed);
};
