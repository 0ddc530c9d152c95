import type { Candidate } from '../types.ts';

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1000, name: 's' },
] as const;

/** `4 s`, `3 min`, `2 h`, `5 d`. */
export const timeWords = (ms: number): string => {
  const unit = UNITS.find((each) => ms >= each.ms * 1.5) ?? UNITS[3];
  return `${Math.max(0, Math.round(ms / unit.ms))} ${unit.name}`;
};

/** `97 %`, `99.97 %`; never 100 % of what is not certain. */
export const percentWords = (probability: number): string => {
  const percent = probability * 100;
  if (percent > 99 && percent < 100) return `${(Math.floor(percent * 100) / 100).toFixed(2)} %`;
  if (percent > 0 && percent < 1) return '< 1 %';
  return `${Math.round(percent)} %`;
};

type Wording = (evidence: Candidate['evidence']) => string | undefined;

const timed =
  (name: string, words: (time: string) => string): Wording =>
  (evidence) => {
    const ms = evidence[name];
    return ms === undefined ? undefined : words(timeWords(ms));
  };

const flagged =
  (name: string, words: string): Wording =>
  (evidence) =>
    evidence[name] === undefined ? undefined : words;

/** In the order in which they are told. */
const WORDINGS: readonly Wording[] = [
  flagged('token', 'called from its page'),
  flagged('code', 'its extension code was dialled'),
  timed('shown_ms', (time) => `shown the number ${time} before the call`),
  timed('tap_ms', (time) => `tapped it ${time} before`),
  timed('copy_ms', (time) => `copied it ${time} before`),
  flagged('in_view', 'the page still in view'),
  timed('ended_ms', (time) => `left the page ${time} before`),
  flagged('lease', 'the number was still lent to it'),
  flagged('linked', 'the caller is known to be this visitor'),
  flagged('region', 'caller and visitor are in one region'),
  flagged('no_tap', 'on a phone, but the number was not tapped'),
  flagged('called_again', 'the caller called before, most likely from it'),
  flagged('dials_around', 'the caller had just called another tracking number'),
  flagged('called_earlier', 'the caller had called this number before the visit'),
];

/** Why a candidate is one: `shown the number 3 min before the call, tapped it 4 s before, …`. */
export const candidateWords = ({ visitId, evidence }: Pick<Candidate, 'visitId' | 'evidence'>): string => {
  if (visitId === undefined) return 'nobody who was shown the number: it was saved, passed on or printed';
  return WORDINGS.map((wording) => wording(evidence))
    .filter((words) => words !== undefined)
    .join(', ');
};
