import { z } from 'zod';
import { idSchema, words } from './fields.ts';
import { span } from './schedule-schema.ts';
import { languageSchema } from './sound-schema.ts';

/** Words for people, in one language or in several. */
const shown = words.refine((text) => text.trim() !== '', 'write something: it must not be empty');
const texts = z
  .union([
    shown,
    z
      .record(languageSchema, shown)
      .refine((each) => Object.keys(each).length > 0, 'write the words of a language, such as {en: Call us}'),
  ])
  .describe('Words, or words for each language: `{en: …, zh: …}`.');

const color = z
  .string()
  .regex(/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, 'use a colour such as #0a7d46')
  .describe('Background; the text on it is black or white, whichever can be read.');

const position = z
  .enum(['inline', 'bottom-right', 'bottom-left'])
  .describe('Where it stands: in the text where the page has it, or in a corner of the window.');

const size = z.enum(['small', 'medium', 'large']);

const intentSchema = z.strictObject({
  id: idSchema,
  text: texts.describe('What the visitor chooses: `{en: I want to buy, zh: 售前咨询}`.'),
  lines: z.array(idSchema).min(1).optional().describe("Instead of the button's lines or flow."),
  flow: idSchema.optional(),
});

const callbackSchema = z.strictObject({
  enabled: z.boolean().default(true),
  consent: texts
    .optional()
    .describe('What the visitor agrees to, kept with each request; default: to be called on this number.'),
  hours: span
    .default('08:00-21:00')
    .describe("Nobody is called outside of these, by the clock of the visitor's number."),
  tries: z.int().min(1).max(5).default(2).describe('How often the visitor is called in all.'),
  retryMinutes: z.number().min(1).max(1440).default(15),
  trunk: idSchema.optional().describe('Through which the visitor is called; default: as `phone.outbound`.'),
});

/** One entry of `buttons`: a call button of a site, and where its calls go. */
export const buttonSchema = z.strictObject({
  id: idSchema.describe('Also its address: https://gateway/c/<id>.'),
  name: words.optional(),
  site: idSchema.describe('The site whose pages may have it.'),
  number: z
    .string()
    .min(1)
    .describe(
      'Shown and dialled where a browser can not talk: a target of the site, in whose place a lent number may be shown, or a tracking number.',
    ),
  lines: z
    .array(idSchema)
    .min(1)
    .optional()
    .describe('Who is rung, one after the other. Either these or `flow`.'),
  flow: idSchema.optional(),
  source: idSchema.optional().describe('The source of calls that no visit is known of.'),
  record: z.boolean().optional().describe('Default: `recording.enabled` of dialtrace.yaml.'),
  text: texts.optional().describe('Default: `Call us`, in the language of the page.'),
  color: color.optional(),
  position: position.default('inline'),
  size: size.default('medium'),
  language: z.enum(['en', 'zh']).optional().describe("Default: the page's, then the browser's."),
  confirm: z
    .enum(['none', 'confirm', 'sms'])
    .default('none')
    .describe(
      '`confirm`: a sheet asks before the call; `sms`: and the visitor proves a mobile number by a code sent to it.',
    ),
  notice: texts.optional().describe('A line above the button of the sheet: that calls are recorded, say.'),
  intents: z
    .array(intentSchema)
    .max(8)
    .default([])
    .describe('What the call is about; the sheet asks, and the call goes where its intent says.'),
  mobile: z
    .enum(['dial', 'browser'])
    .default('dial')
    .describe(
      'What a telephone does first: opens its dialler, or calls in the browser; the other one is offered too.',
    ),
  schedule: idSchema.optional().describe('When calls are taken; left out: always.'),
  closed: z
    .enum(['callback', 'voicemail', 'number'])
    .default('callback')
    .describe(
      'Outside of it: the visitor leaves a number, a call runs `closedFlow`, or the number is shown.',
    ),
  closedFlow: idSchema.optional(),
  callback: callbackSchema.prefault({}),
  maxMinutes: z.int().min(1).max(240).default(60).describe('A call is ended then.'),
});

const armSchema = z.strictObject({
  id: idSchema,
  weight: z.int().min(1).max(100).default(1),
  text: texts.optional(),
  color: color.optional(),
  position: position.optional(),
  size: size.optional(),
});

/** One entry of `experiments`: which form of a button brings more calls that count. */
export const experimentSchema = z.strictObject({
  id: idSchema,
  name: words.optional(),
  button: idSchema,
  state: z
    .enum(['running', 'ended'])
    .default('running')
    .describe('Ended: every visitor gets `winner`, or the button as it is.'),
  winner: idSchema.optional(),
  arms: z
    .array(armSchema)
    .min(2)
    .max(10)
    .describe('What differs from the button; the first one is what the others are compared with.'),
  metric: z
    .enum(['qualified', 'answered', 'calls', 'clicks'])
    .default('qualified')
    .describe('Counted for each viewer: calls that are qualified, answered, made at all; or presses alone.'),
  qualifiedSeconds: z
    .number()
    .min(1)
    .max(3600)
    .default(60)
    .describe('A call is qualified that is talked for so long, or whose lead is.'),
  mode: z
    .enum(['fixed', 'bandit'])
    .default('fixed')
    .describe('`bandit`: arms that do better are shown more often (Thompson sampling).'),
  floor: z.number().min(0.01).max(0.5).default(0.1).describe('Share that a bandit shows each arm at least.'),
  alpha: z.number().min(0.001).max(0.2).default(0.05),
  power: z.number().min(0.5).max(0.99).default(0.8),
  effect: z
    .number()
    .min(0.01)
    .max(10)
    .default(0.2)
    .describe('Smallest difference worth finding, relative to the first arm: 0.2 is 2 % against 2.4 %.'),
});

export type ButtonPlan = z.output<typeof buttonSchema>;
export type ButtonIntent = ButtonPlan['intents'][number];
export type ExperimentPlan = z.output<typeof experimentSchema>;
export type ExperimentArm = ExperimentPlan['arms'][number];
/** Words for people, in one language or in several. */
export type Texts = z.output<typeof texts>;
