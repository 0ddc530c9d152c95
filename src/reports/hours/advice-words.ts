import type { Advice, HoursReport } from './types.ts';

const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const;

const percent = (share: number | null): string => ((share ?? 0) * 100).toFixed(0);
const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
const hour = (value: number): string => `${String(value).padStart(2, '0')}:00`;

/** `Mo–Fr 09:00–12:00`; weekdays follow each other. */
export const rangeText = ({ weekdays, from, to }: Pick<Advice, 'weekdays' | 'from' | 'to'>): string => {
  const [first = 0] = weekdays;
  const last = weekdays.at(-1) ?? first;
  const days = first === last ? DAYS[first] : `${DAYS[first]}–${DAYS[last]}`;
  if (weekdays.length === 7) return `every day ${hour(from)}–${hour(to)}`;
  return from === 0 && to === 24 ? `${days} all day` : `${days} ${hour(from)}–${hour(to)}`;
};

const few = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(1));

const rateText = ({ answered, calls, answerRate }: Omit<Advice, 'text'>): string =>
  answered === 0
    ? `none of ${plural(calls, 'call')} was answered`
    : `${answered} of ${plural(calls, 'call')} answered (${percent(answerRate.value)} %; 90 %: ${percent(answerRate.low)}–${percent(answerRate.high)} %)`;

/** @param rate answered calls of the hours that stand out in nothing bad, 0 to 1 */
export const adviceText = (advice: Omit<Advice, 'text'>, rate: number): string => {
  const when = rangeText(advice);
  const told = rateText(advice);
  const usual = `against ${percent(rate)} % otherwise`;
  switch (advice.kind) {
    case 'advertise':
      return `Advertise ${when}: ${few(advice.callsPerHour)} calls an hour, ${told}.`;
    case 'staff':
      return `Staff is missing ${when}: ${few(advice.callsPerHour)} calls an hour, ${told} ${usual}; about ${few(advice.missedPerWeek)} more a week would be answered at the usual rate.`;
    case 'pause':
      return `Don't advertise ${when}, or have calls taken then: ${told} ${usual}.`;
  }
};

export const noAdviceText = (calls: number, needed: number): string =>
  `${plural(calls, 'call')} in this period: too few for advice, which takes ${needed} at least.`;

export const tooFewText = (
  { hours, calls, needed }: HoursReport['tooFew'],
  least: number,
  total: number,
): string =>
  `${plural(hours, 'hour')} of the week ${hours === 1 ? 'has' : 'have'} fewer than ${least} calls (${calls} of ${total} in all): too few to say anything of them alone. About ${needed} calls in an hour show whether it is answered 20 points less than usual.`;
