import { z } from 'zod';
import { legViewSchema } from './leg-view.ts';

const instant = z.string().nullable().meta({ description: 'ISO 8601, UTC', format: 'date-time' });
const millis = z.int().nullable().meta({ description: 'Milliseconds' });
const text = z.string().nullable();
const count = z.number().nullable();

const sourceSnapshotSchema = z
  .object({
    id: text.meta({ description: 'Source of the tracking plan; null: a visit that fits none of them' }),
    name: text,
    source: text,
    medium: text,
    campaign: text,
    costCenter: text,
    keyword: text.meta({ description: 'utm_term' }),
    content: text.meta({ description: 'utm_content' }),
    channel: text.meta({
      description: 'Of the visit: paid, organic, social, ai, email, referral, campaign, direct',
    }),
    landingPage: text,
  })
  .meta({ description: 'The marketing source as it was at the time of the call' });

export const recordingViewSchema = z.object({
  path: z.string().meta({ description: 'Relative to the recordings directory' }),
  state: z.enum(['recording', 'complete', 'repaired', 'failed']),
});

export const moneySchema = z.object({
  amount: z.number().meta({ description: "In the currency's unit" }),
  currency: z.string().meta({ description: 'ISO 4217' }),
});

const wrapUpViewSchema = z
  .object({
    user: z.string().meta({ description: 'Who noted it' }),
    at: z.string().meta({ format: 'date-time' }),
    disposition: text,
    tags: z.array(z.string()),
    note: text.meta({ description: "Only where callers' numbers are revealed" }),
    value: moneySchema.nullable().meta({ description: 'What the call was worth' }),
  })
  .meta({ description: 'What the agent noted after the call' });

const webCallSchema = z
  .object({
    kind: z.enum(['browser', 'callback']).meta({
      description: 'browser: the visitor talks in the page; callback: was called back',
    }),
    button: z.string(),
    experiment: text,
    arm: text.meta({ description: 'Form of the button that was shown' }),
    intent: text.meta({ description: 'What the visitor said that it is about' }),
    origin: text.meta({ description: 'Of the page; null for a call back' }),
    page: text.meta({ description: 'Path of the page' }),
    device: z.enum(['phone', 'tablet', 'desktop', 'other']),
    pressedAt: instant,
    clickToRingMs: millis.meta({ description: 'From the press until the first line rang, ms' }),
    verified: z
      .enum(['none', 'confirm', 'sms'])
      .meta({ description: 'How the visitor proved to be a person' }),
    rating: z.int().nullable().meta({ description: 'Stars, 1 to 5' }),
  })
  .meta({ description: 'The call button that brought it; null: none did' });

/** A call record as `--json` and the API show it. */
export const callViewSchema = z.object({
  id: z.string().meta({ description: 'ULID: later calls have greater ids' }),
  status: z.enum([
    'in_progress',
    'answered',
    'no_answer',
    'busy',
    'rejected',
    'cancelled',
    'unreachable',
    'failed',
    'blocked',
    'interrupted',
  ]),
  direction: z
    .enum(['inbound', 'outbound', 'internal'])
    .meta({ description: 'outbound: a user called a number; internal: a user called a line or a user' }),
  test: z.boolean(),
  startedAt: z.string().meta({ description: 'Arrival of the INVITE, ISO 8601, UTC', format: 'date-time' }),
  ringingAt: instant,
  answeredAt: instant,
  endedAt: instant,
  durationMs: millis,
  ringMs: millis,
  talkMs: millis,
  holdMs: millis,
  caller: text.meta({ description: "The caller's number, masked unless revealed; null when withheld" }),
  callerRegion: text,
  anonymous: z.boolean(),
  did: text.meta({ description: 'The dialled number, E.164' }),
  source: sourceSnapshotSchema.nullable(),
  match: z.object({
    method: z.enum(['static', 'token', 'code', 'tel_tap', 'lease', 'posterior', 'none']).meta({
      description: 'How the source was found; none: unattributed',
    }),
    probability: count.meta({ description: '0 to 1' }),
  }),
  visit: z
    .object({
      id: z.string(),
      visitor: text,
      site: text,
      lease: text,
      clickIds: z.array(z.string()).meta({ description: 'Kinds that it came with: gclid, msclkid …' }),
    })
    .nullable()
    .meta({ description: 'The visit that the call came from' }),
  code: text.meta({ description: 'Extension code that the caller dialled' }),
  flow: z
    .object({
      id: z.string(),
      version: z.int(),
      inputs: z.record(z.string(), z.string()).meta({ description: 'What the caller keyed in, by variable' }),
    })
    .nullable()
    .meta({ description: 'The call flow that it ran; null: the lines of its number were dialled' }),
  queue: z
    .object({ group: z.string(), waitedMs: millis })
    .nullable()
    .meta({ description: 'Where the caller waited last, and how long in all' }),
  voicemail: z.boolean().meta({ description: 'The caller left a message' }),
  score: z
    .enum(['good', 'bad', 'spam'])
    .nullable()
    .meta({ description: "What the line's side said of it with a key" }),
  spam: z
    .object({ score: z.int(), flagged: z.boolean(), reasons: z.array(z.string()) })
    .nullable()
    .meta({ description: 'How much speaks for a nuisance call; null until it has ended' }),
  firstCall: z.boolean().nullable(),
  priorCalls: count,
  lineId: text.meta({ description: 'The line that answered' }),
  agent: text.meta({ description: 'The user who answered last, or who placed the call' }),
  trunkId: text,
  sipCode: count,
  sipReason: text,
  q850Cause: count,
  hangupBy: z.enum(['caller', 'line', 'gateway']).nullable(),
  endReason: text,
  wrapUp: wrapUpViewSchema.nullable(),
  recording: recordingViewSchema.nullable(),
  web: webCallSchema.nullable(),
});

export const eventViewSchema = z.object({
  at: z.string().meta({ format: 'date-time' }),
  type: z.string(),
  text: z.string(),
  detail: z.unknown().meta({ description: 'The facts behind the decision' }),
});

export const recordingDetailSchema = recordingViewSchema.extend({
  startedAt: z.string(),
  durationMs: millis,
  bytes: count,
  sha256: text,
});

export const stepViewSchema = z.object({
  at: z.string().meta({ format: 'date-time' }),
  step: z.string(),
  kind: z.string(),
  input: text.meta({ description: 'What decided it: a key, the time of day, the share drawn' }),
  exit: text,
  next: text.meta({ description: 'The step that followed' }),
  text: z.string(),
});

export const consentViewSchema = z.object({
  at: z.string().meta({ format: 'date-time' }),
  textId: z.string(),
  audioSha256: text,
  language: z.string(),
  heardMs: z.int(),
  totalMs: z.int(),
  key: text,
  result: z.enum(['accepted', 'implied', 'declined']),
});

/** A call with its legs, decisions and recording. */
export const callDetailViewSchema = callViewSchema.extend({
  path: z.array(stepViewSchema).meta({ description: 'Its way through its flow' }),
  consents: z
    .array(consentViewSchema)
    .meta({ description: 'Announcements of the recording, and the answers' }),
  legs: z.array(legViewSchema),
  events: z.array(eventViewSchema),
  recording: recordingDetailSchema.nullable(),
});

export type StepView = z.output<typeof stepViewSchema>;
export type ConsentView = z.output<typeof consentViewSchema>;
export type MoneyView = z.output<typeof moneySchema>;
export type CallView = z.output<typeof callViewSchema>;
export type EventView = z.output<typeof eventViewSchema>;
export type CallDetailView = z.output<typeof callDetailViewSchema>;
