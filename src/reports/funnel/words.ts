import { shareOf } from '../money.ts';
import type { FunnelFigures, FunnelReport, FunnelRow, FunnelStage } from './types.ts';

type Leak = FunnelReport['leak'];

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
/** Tenths of a percent where whole ones say too little. */
const percent = (share: number | null): string => {
  const value = (share ?? 0) * 100;
  return value > 0 && value < 10 ? value.toFixed(1) : value.toFixed(0);
};

const STEP_NAMES: Readonly<Record<FunnelStage, string>> = {
  view: 'the view',
  click: 'the click',
  confirm: 'the sheet that asks before the call',
  microphone: 'the microphone',
  token: 'letting the call in',
  ice: 'the connection for sound',
  ring: 'reaching a line',
  answer: 'the answer',
  qualified: 'the conversation',
};

const list = (parts: readonly (readonly [count: number, words: string])[]): string =>
  parts
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`)
    .join(', ');

/** What pages and calls said of a step. */
const reasonsOf = (stage: FunnelStage, { problems, calls }: FunnelFigures): string => {
  if (stage === 'microphone')
    return list([
      [problems.microphoneDenied, 'denied it'],
      [problems.microphoneMissing, 'had none'],
      [problems.microphoneBusy, 'had it in use elsewhere'],
    ]);
  if (stage === 'token') return list([[problems.tokenRefused, 'were refused']]);
  if (stage === 'ice') return list([[problems.iceFailed, 'found no way for sound']]);
  if (stage === 'answer') return list([[calls.missed, 'calls were missed']]);
  return '';
};

const shareText = (lost: number, presses: number): string => {
  const { value, low, high } = shareOf(lost, presses);
  return `${lost} of ${plural(presses, 'press', 'presses')} (${percent(value)} %; 90 %: ${percent(low)}–${percent(high)} %)`;
};

type Step = { readonly stage: FunnelStage; readonly lost: number };

/** From the click to the answer: most who see a button don't press it, and not every conversation is a customer. */
const stepsOf = ({ stages }: FunnelFigures): readonly Step[] =>
  stages
    .flatMap(({ stage, lost }) => (lost === null || stage === 'qualified' ? [] : [{ stage, lost }]))
    .sort((a, b) => b.lost - a.lost);

/**
 * Names the step at which most presses are lost between the click and the answer. One stands out when its interval lies above the next
 * one's. Pure.
 */
export const findLeak = (totals: FunnelFigures): Leak => {
  const { presses, viewers, ctr } = totals;
  if (presses === 0)
    return {
      stage: null,
      text:
        viewers === 0
          ? 'No button was seen.'
          : `No press: ${plural(viewers, 'viewer')} saw a button (at most ${percent(ctr.high)} % press it, by the 90 % interval).`,
    };
  const [first, second] = stepsOf(totals);
  if (first === undefined || first.lost === 0)
    return { stage: null, text: `No press of ${presses} was lost between the click and the answer.` };
  const why = reasonsOf(first.stage, totals);
  const told = `${shareText(first.lost, presses)} were lost there${why === '' ? '' : `; ${why}`}.`;
  const next = second?.lost ?? 0;
  if ((shareOf(first.lost, presses).low ?? 0) <= (shareOf(next, presses).high ?? 1))
    return {
      stage: null,
      text:
        second === undefined || next === 0
          ? `Too few presses to name the biggest leak; so far it is ${STEP_NAMES[first.stage]}: ${told}`
          : `No leak stands out: ${STEP_NAMES[first.stage]} (${first.lost}) and ${STEP_NAMES[second.stage]} (${next}) are too close to tell apart among ${plural(presses, 'press', 'presses')}.`,
    };
  return { stage: first.stage, text: `The biggest leak is ${STEP_NAMES[first.stage]}: ${told}` };
};

/**
 * The row whose conversion is better than that of all others: its interval lies above theirs. Of three calls and two nobody can tell.
 * Pure.
 */
export const findLeader = (
  rows: readonly Pick<FunnelRow, 'label' | 'key' | 'viewers' | 'qualifiedViewers' | 'conversion'>[],
): FunnelReport['leader'] => {
  const seen = rows.filter(({ viewers }) => viewers > 0);
  if (seen.length < 2) return null;
  const [first, ...others] = [...seen].sort((a, b) => (b.conversion.low ?? 0) - (a.conversion.low ?? 0));
  if (first === undefined) return null;
  const next = Math.max(...others.map(({ conversion }) => conversion.high ?? 1));
  const { value, low, high } = first.conversion;
  if ((low ?? 0) > next)
    return {
      key: first.key,
      text: `${first.label} converts best: ${first.qualifiedViewers} of ${plural(first.viewers, 'viewer')} (${percent(value)} %; 90 %: ${percent(low)}–${percent(high)} %).`,
    };
  return { key: null, text: 'No row converts better than all others: the intervals overlap.' };
};
