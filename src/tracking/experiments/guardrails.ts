import type { ArmCalls } from './cells.ts';
import { differenceOf, logMixtureRatio } from './sequential.ts';

/** Calls that are over sooner after their answer were a mistake, more often than not. */
export const SHORT_SECONDS = 15;

/** Differences of shares that matter here, in points: the mixture of the test. */
const TAU = 0.05;

/** What must not get worse while a better form is looked for. */
export type Guardrail = {
  readonly what: 'short-calls' | 'answer-rate';
  readonly arm: string;
  readonly count: number;
  readonly of: number;
  readonly share: number | null;
  /** 95 %, Wilson. */
  readonly low: number | null;
  readonly high: number | null;
  /** Surely worse than with the first arm, whenever one looks. */
  readonly worse: boolean;
};

const Z95 = 1.959963984540054;

/** 95 % interval of a share (Wilson 1927). */
export const wilson95 = (count: number, of: number): { readonly low: number; readonly high: number } => {
  if (of === 0) return { low: 0, high: 1 };
  const share = count / of;
  const scale = 1 + (Z95 * Z95) / of;
  const middle = share + (Z95 * Z95) / (2 * of);
  const half = Z95 * Math.sqrt((share * (1 - share)) / of + (Z95 * Z95) / (4 * of * of));
  return { low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
};

type Part = { readonly count: number; readonly of: number };

const KINDS: readonly {
  readonly what: Guardrail['what'];
  /** 1: more is worse. */
  readonly bad: 1 | -1;
  readonly part: (calls: ArmCalls) => Part;
}[] = [
  { what: 'short-calls', bad: 1, part: ({ short, answered }) => ({ count: short, of: answered }) },
  { what: 'answer-rate', bad: -1, part: ({ answered, calls }) => ({ count: answered, of: calls }) },
];

const sample = ({ count, of }: Part) => ({ trials: of, rate: of === 0 ? 0 : count / of });

const isWorse = (control: Part, arm: Part, bad: 1 | -1, alpha: number): boolean => {
  const difference = differenceOf(sample(control), sample(arm));
  if (!difference || difference.value * bad <= 0) return false;
  return Math.exp(-logMixtureRatio(difference.value, difference.variance, TAU)) <= alpha;
};

/**
 * Short calls of those answered, answered ones of all calls; by arm.
 *
 * @param calls of each arm, the first is compared with
 */
export const guardrailsOf = (calls: readonly ArmCalls[], alpha: number): readonly Guardrail[] => {
  const [control] = calls;
  if (!control) return [];
  const each = alpha / Math.max(1, calls.length - 1);
  return KINDS.flatMap(({ what, bad, part }) =>
    calls.map((arm) => {
      const { count, of } = part(arm);
      const interval = wilson95(count, of);
      return {
        what,
        arm: arm.arm,
        count,
        of,
        share: of === 0 ? null : count / of,
        low: of === 0 ? null : interval.low,
        high: of === 0 ? null : interval.high,
        worse: arm !== control && isWorse(part(control), { count, of }, bad, each),
      };
    }),
  );
};
