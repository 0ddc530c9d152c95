import { z } from 'zod';
import { anyOf, idSchema, USER_NAME, words } from './fields.ts';
import { strategy } from './group-schema.ts';
import { span, weekday, zone } from './schedule-schema.ts';
import { languageSchema, soundsSchema } from './sound-schema.ts';

const stepName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'use the name of a step: lower-case letters, digits and hyphens, beginning with a letter or digit',
  );

const next = stepName.describe('The step that follows.');
const key = z.string().regex(/^[0-9*#]$/, 'use one key: 0 to 9, * or #');
const variable = z.string().regex(/^[a-z][a-zA-Z0-9_]{0,31}$/, 'use a name such as order or customerNumber');

const timeoutSeconds = z.number().min(0.5).max(60).default(5).describe('Waits so long for a key.');
const tries = z.int().min(1).max(10).default(3).describe('How often it is asked in all.');

/** How a line's side takes a call: a mailbox that picks up can press no key. */
const acceptSchema = z.strictObject({
  key: key.default('1'),
  play: soundsSchema.optional().describe('Default: who calls, and which key takes the call.'),
  timeoutSeconds: z.number().min(1).max(60).default(8),
});

const whenSchema = z.strictObject({
  country: anyOf.optional().describe("Regions of callers' numbers, such as DE."),
  area: anyOf.optional().describe('Areas of the imported table: a province, a city.'),
  prefix: anyOf.optional().describe("Beginnings of callers' numbers, E.164: `+8613`."),
  anonymous: z.boolean().optional(),
  repeat: z.boolean().optional().describe('Whether the caller has called before.'),
  source: anyOf.optional(),
  medium: anyOf.optional(),
  campaign: anyOf.optional(),
  keyword: anyOf.optional().describe('Pieces of the search term.'),
  channel: anyOf.optional(),
  landing: anyOf.optional().describe('Pieces of the landing page.'),
  number: anyOf.optional().describe('Tracking numbers, E.164.'),
  button: anyOf.optional().describe('Call buttons that were pressed, by id.'),
  intent: anyOf.optional().describe('What the visitor chose at the button, by id.'),
  time: z
    .union([span, z.array(span).min(1)])
    .optional()
    .describe("In the flow's time zone."),
  days: z.array(weekday).min(1).optional(),
  variable: z.record(variable, anyOf).optional().describe('Values of variables: `{product: [a, b]}`.'),
});

const answerStep = z.strictObject({ do: z.literal('answer'), next });

const playStep = z.strictObject({
  do: z.literal('play'),
  play: soundsSchema,
  early: z
    .boolean()
    .default(false)
    .describe('Before the answer (183), so that it costs the caller nothing; a key is not heard then.'),
  bargeIn: z.boolean().default(false).describe('A key ends it and counts for the menu that follows.'),
  times: z.int().min(1).max(20).default(1),
  next,
});

const consentStep = z.strictObject({
  do: z.literal('consent'),
  text: idSchema.describe('Id of the announcement, kept with each call as the proof of what was heard.'),
  play: soundsSchema,
  accept: key.optional().describe('Left out: who stays on the line agrees.'),
  decline: key.optional(),
  timeoutSeconds,
  next,
  declined: stepName.optional().describe('Default: `next`. The call is not recorded then.'),
});

const menuStep = z.strictObject({
  do: z.literal('menu'),
  play: soundsSchema,
  keys: z
    .record(key, stepName)
    .refine((keys) => Object.keys(keys).length > 0, 'name at least one key: `1: sales`'),
  bargeIn: z.boolean().default(true),
  timeoutSeconds,
  tries,
  invalid: soundsSchema.optional().describe('Played after a wrong key, before it is asked again.'),
  silent: soundsSchema.optional().describe('Played when no key came, before it is asked again.'),
  otherwise: stepName.optional().describe('After the last try. Left out: the call ends.'),
});

const collectStep = z.strictObject({
  do: z.literal('collect'),
  play: soundsSchema,
  as: variable.describe('Variable that takes the digits.'),
  min: z.int().min(1).max(40).default(1),
  max: z.int().min(1).max(40).default(20),
  end: key.default('#').describe('Key that ends it.'),
  timeoutSeconds,
  betweenSeconds: z.number().min(0.5).max(30).default(3).describe('After the last digit.'),
  tries,
  invalid: soundsSchema.optional(),
  sensitive: z
    .boolean()
    .default(false)
    .describe('A card number, say: its digits stand in no recording, log or call record.'),
  next,
  otherwise: stepName.optional().describe('After the last try. Left out: `next`.'),
});

const scheduleStep = z.strictObject({
  do: z.literal('schedule'),
  schedule: idSchema,
  open: stepName,
  closed: stepName,
  holiday: stepName.optional().describe('Default: `closed`.'),
});

const dialStep = z.strictObject({
  do: z.literal('dial'),
  lines: z.array(idSchema).min(1).max(50).optional(),
  users: z
    .array(z.string().regex(USER_NAME, 'use the name of a user, such as alice'))
    .min(1)
    .max(50)
    .optional(),
  group: idSchema.optional(),
  strategy: strategy.optional().describe("Default: the group's; of lines and users `sequential`."),
  skills: z.array(idSchema).min(1).optional().describe('Members of the group that have them all.'),
  ringSeconds: z
    .number()
    .min(1)
    .max(600)
    .optional()
    .describe("For each target. Default: the line's, or the group's, 20."),
  maxSeconds: z.number().min(1).max(3600).optional().describe('For all targets together.'),
  sticky: z
    .boolean()
    .default(false)
    .describe('Who answered this caller within 30 days, for 30 s at least, is rung first.'),
  accept: acceptSchema.optional().describe('Who picks up must press a key.'),
  whisper: soundsSchema
    .optional()
    .describe('Only who picks up hears it. `{source}`, `{campaign}`, `{keyword}`, `{city}` … are filled in.'),
  hear: z
    .union([z.enum(['ringback', 'music']), soundsSchema])
    .default('ringback')
    .describe('What the caller hears meanwhile.'),
  next: stepName.optional().describe('When nobody answered. Left out: the call ends.'),
  busy: stepName.optional().describe('When all were busy. Default: `next`.'),
  unavailable: stepName.optional().describe('When nobody could be rung. Default: `next`.'),
});

const queueStep = z.strictObject({
  do: z.literal('queue'),
  group: idSchema,
  skills: z.array(idSchema).min(1).optional(),
  max: z.int().min(1).max(1000).default(100).describe('Callers who may wait at once.'),
  maxWaitSeconds: z.number().min(1).max(7200).default(600),
  announceSeconds: z
    .number()
    .min(5)
    .max(600)
    .default(30)
    .describe('How often the caller is told the place in the queue.'),
  announce: z.enum(['position', 'position-and-wait', 'nothing']).default('position'),
  play: soundsSchema.optional().describe('Played at the beginning.'),
  hear: z.union([z.enum(['ringback', 'music']), soundsSchema]).default('music'),
  exitKey: key.optional(),
  serviceLevelSeconds: z
    .number()
    .min(1)
    .max(600)
    .default(20)
    .describe('Calls answered within it are in the service level.'),
  accept: acceptSchema.optional(),
  whisper: soundsSchema.optional(),
  exit: stepName.optional().describe('After `exitKey`.'),
  full: stepName.optional().describe('When too many wait. Default: `next`.'),
  empty: stepName.optional().describe('When nobody is there who could take calls. Default: waits.'),
  next: stepName.optional().describe('After the longest wait. Left out: the call ends.'),
});

const voicemailStep = z.strictObject({
  do: z.literal('voicemail'),
  box: idSchema.default('main'),
  greeting: soundsSchema.optional().describe('Default: the shipped one.'),
  beep: z.boolean().default(true),
  maxSeconds: z.number().min(5).max(1800).default(180),
  silenceSeconds: z.number().min(1).max(60).default(5).describe('So much silence ends the message.'),
  minSeconds: z.number().min(0).max(30).default(2).describe('Shorter ones are not kept.'),
  next: stepName.optional().describe('Left out: the call ends.'),
});

const routeStep = z.strictObject({
  do: z.literal('route'),
  cases: z
    .array(z.strictObject({ when: whenSchema, to: stepName }))
    .min(1)
    .describe('The first that fits. All that a case names must fit.'),
  otherwise: stepName,
});

const splitStep = z.strictObject({
  do: z.literal('split'),
  shares: z
    .record(stepName, z.number().min(0).max(1000))
    .refine(
      (shares) => Object.values(shares).some((share) => share > 0),
      'give at least one step a share above 0',
    )
    .describe(
      'Steps and their shares: `{new-greeting: 50, greeting: 50}`. A caller always goes the same way.',
    ),
});

const decideStep = z.strictObject({
  do: z.literal('decide'),
  url: z.url({ protocol: /^https?$/, error: 'use an address such as https://crm.example/route' }),
  timeoutMs: z.int().min(50).max(5000).default(800),
  headers: z.record(z.string().min(1), z.string()).default({}),
  sendNumber: z
    .boolean()
    .default(false)
    .describe("Sends the caller's number along; otherwise it never leaves the gateway."),
  exits: z
    .record(stepName, stepName)
    .describe('What the answer\'s "exit" may be, and the step that follows.'),
  otherwise: stepName.describe('When no answer came in time, or one that is not understood.'),
});

const tagStep = z.strictObject({ do: z.literal('tag'), tags: z.array(words).min(1), next });

const setStep = z.strictObject({
  do: z.literal('set'),
  variables: z.record(variable, words).default({}),
  language: languageSchema.optional(),
  record: z.boolean().optional(),
  next,
});

const hangupStep = z.strictObject({
  do: z.literal('hangup'),
  cause: z.enum(['normal', 'busy', 'unavailable', 'rejected']).default('normal'),
});

const gotoStep = z
  .strictObject({ do: z.literal('goto'), step: stepName.optional(), flow: idSchema.optional() })
  .refine(({ step, flow }) => (step === undefined) !== (flow === undefined), 'name a step or a flow');

/** One step of a flow. */
export const stepSchema = z.discriminatedUnion('do', [
  answerStep,
  playStep,
  consentStep,
  menuStep,
  collectStep,
  scheduleStep,
  dialStep,
  queueStep,
  voicemailStep,
  routeStep,
  splitStep,
  decideStep,
  tagStep,
  setStep,
  hangupStep,
  gotoStep,
]);

/** One entry of `flows`. */
export const flowSchema = z.strictObject({
  id: idSchema,
  name: words.optional(),
  language: languageSchema.default('en').describe('Of prompts, until a step sets another.'),
  timezone: zone.default('UTC'),
  record: z
    .enum(['line', 'answer', 'never'])
    .optional()
    .describe(
      '`line`: from when a line answers; `answer`: from when the flow answers; `never`. Default: `line`, if the number is recorded.',
    ),
  start: stepName,
  steps: z
    .record(stepName, stepSchema)
    .refine((steps) => Object.keys(steps).length > 0, 'a flow has at least one step'),
});

export type FlowPlan = z.output<typeof flowSchema>;
export type StepPlan = z.output<typeof stepSchema>;
/** The step of this kind. */
export type StepOf<K extends StepPlan['do']> = Extract<StepPlan, { do: K }>;
export type RouteCase = StepOf<'route'>['cases'][number];
