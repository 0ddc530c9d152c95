import { z } from 'zod';

const interval = { low: z.number(), high: z.number() };

const verdictSchema = z.object({
  type: z.enum(['nobody', 'broken-split', 'better', 'likely', 'no-difference', 'running', 'undecided']).meta({
    description:
      '`likely`: by the Bayesian rule alone, which promises no rate of false alarms; `undecided`: ended so',
  }),
  arm: z.string().nullable().meta({ description: 'The arm that is better, or ahead' }),
  until: z.string().nullable().meta({ description: 'Day (UTC) until about which to keep running' }),
  sentence: z.string(),
});

const comparisonSchema = z
  .object({
    difference: z.number().meta({ description: 'Of the rates, arm − first arm' }),
    ...interval,
    lift: z.number().nullable().meta({ description: 'Difference ÷ rate of the first arm' }),
    p: z.number().meta({ description: 'Always valid (mSPRT), the least so far, adjusted by Holm' }),
    decidedOn: z.string().nullable().meta({ description: 'Day (UTC) on which p fell to alpha' }),
    betterArm: z.string().nullable().meta({ description: 'Once it is decided' }),
  })
  .meta({ description: 'Against the first arm; low and high: confidence sequence, all arms together' });

const armSchema = z.object({
  arm: z.string(),
  first: z.boolean().meta({ description: 'The others are compared with it' }),
  planned: z.number().meta({ description: 'Share of viewers; of a bandit, as it is now' }),
  viewers: z.int(),
  clicked: z.int().meta({ description: 'Viewers who pressed; below: who called, were answered, qualified' }),
  called: z.int(),
  answered: z.int(),
  qualified: z.int(),
  conversions: z.int().meta({ description: 'Viewers who did what the metric counts' }),
  rate: z.object({ value: z.number().nullable(), ...interval }).meta({ description: '95 % (Wilson)' }),
  weighted: z
    .object({
      value: z.number().nullable().meta({ description: 'Self-normalised (Hájek)' }),
      ...interval,
      horvitzThompson: z.number().nullable(),
      viewers: z.number().meta({ description: 'Effective number (Kish)' }),
    })
    .nullable()
    .meta({ description: 'Of a bandit: rate by inverse probability, 95 %' }),
  belief: z.object({ mean: z.number(), ...interval, best: z.number(), loss: z.number() }).meta({
    description: 'Beta(1, 1) prior: mean, 95 % interval, P(best), expected loss of choosing it',
  }),
  comparison: comparisonSchema.nullable().meta({ description: 'Null for the first arm' }),
});

const guardrailSchema = z.object({
  what: z.enum(['short-calls', 'answer-rate']),
  arm: z.string(),
  count: z.int(),
  of: z.int(),
  share: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  worse: z.boolean().meta({ description: 'Surely worse than with the first arm' }),
});

const planSchema = z.object({
  baseline: z.number().nullable().meta({ description: 'Rate of the first arm; null: too few conversions' }),
  viewersAtOnce: z.int().nullable().meta({ description: 'An arm, for one look at the end' }),
  viewersSequentially: z.int().nullable().meta({ description: 'An arm, for looks at any time' }),
  daysLeft: z.int().nullable(),
});

/** How an experiment stands. */
export const experimentReportSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  button: z.string(),
  state: z.enum(['running', 'ended']),
  winner: z.string().nullable(),
  mode: z.enum(['fixed', 'bandit']),
  metric: z.enum(['qualified', 'answered', 'calls', 'clicks']),
  qualifiedSeconds: z.number(),
  alpha: z.number(),
  power: z.number(),
  effect: z.number(),
  at: z.string().meta({ format: 'date-time' }),
  from: z.string().nullable().meta({ description: 'Day (UTC) of the first view' }),
  viewers: z.int(),
  viewersPerDay: z.number(),
  verdict: verdictSchema,
  arms: z.array(armSchema),
  split: z.object({
    test: z.enum(['chi-square', 'inverse-probability']),
    statistic: z.number(),
    p: z.number(),
    alarm: z.boolean().meta({ description: 'p < 0.001: sample-ratio mismatch' }),
  }),
  guardrails: z.array(guardrailSchema),
  plan: planSchema,
  days: z
    .array(
      z.object({
        day: z.string(),
        p: z.array(z.number()).meta({ description: 'Of each arm but the first' }),
        viewers: z.array(z.int()).meta({ description: 'Of each arm, up to and with the day' }),
        conversions: z.array(z.int()),
      }),
    )
    .meta({ description: 'UTC days' }),
  warnings: z.array(z.string()),
});

export type ExperimentReport = z.output<typeof experimentReportSchema>;
export type ReportedArm = ExperimentReport['arms'][number];
export type Verdict = ExperimentReport['verdict'];

/** An experiment in a list. */
export const experimentListSchema = z.array(
  experimentReportSchema
    .pick({
      id: true,
      name: true,
      button: true,
      state: true,
      winner: true,
      mode: true,
      metric: true,
      from: true,
      viewers: true,
      verdict: true,
    })
    .extend({ arms: z.array(z.string()) }),
);
export type ExperimentList = z.output<typeof experimentListSchema>;
