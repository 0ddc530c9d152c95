import type {
  Account,
  Call,
  CallContext,
  HistoryCall,
  PhoneProblem,
  PhoneState,
} from '../../../src/web/softphone/contract.ts';
import { newCall } from './fake-phone.ts';

/** The phone in each of its states, `now` being when it is looked at (milliseconds since the epoch). */
type Scene = (now: number) => PhoneState;

const MINUTE = 60_000;
const DAY = 86_400_000;

const agent: Account = {
  name: 'mara',
  display: 'Mara Lindt',
  role: 'agent',
  ready: true,
  address: 'sip:mara@example.com',
  dispositions: ['sale', 'lead', 'appointment', 'support', 'wrong number', 'spam', 'other'],
  canDialOut: true,
};

const historyCall = (fields: Partial<HistoryCall> & Pick<HistoryCall, 'id' | 'startedAt'>): HistoryCall => ({
  direction: 'inbound',
  answeredAt: fields.startedAt + 6000,
  talkMs: 184_000,
  status: 'answered',
  party: '+493055501834',
  partyName: null,
  visitor: false,
  did: '+498005550100',
  didLabel: 'Website',
  sourceName: 'Google Ads',
  campaign: 'Emergency Berlin',
  disposition: null,
  tags: [],
  note: null,
  value: null,
  recorded: true,
  ...fields,
});

const history = (now: number): readonly HistoryCall[] => [
  historyCall({
    id: 'h1',
    startedAt: now - 18 * MINUTE,
    partyName: 'Jonas Berger',
    disposition: 'appointment',
    tags: ['boiler'],
    note: 'Boiler loses pressure; visit on Thursday at 9.',
  }),
  historyCall({
    id: 'h2',
    startedAt: now - 47 * MINUTE,
    party: '+4917655507723',
    answeredAt: null,
    talkMs: null,
    status: 'no_answer',
    recorded: false,
    campaign: 'Bathroom refits',
  }),
  historyCall({
    id: 'h3',
    startedAt: now - 95 * MINUTE,
    direction: 'outbound',
    party: '+443055501210',
    partyName: 'Aldgate Supplies',
    sourceName: null,
    campaign: null,
    didLabel: 'Office',
    talkMs: 62_000,
    recorded: false,
  }),
  historyCall({
    id: 'h4',
    startedAt: now - 130 * MINUTE,
    party: '+12125550142',
    sourceName: 'Newsletter',
    campaign: 'March offer',
    disposition: 'sale',
    value: { amount: 1490, currency: 'EUR' },
    talkMs: 731_000,
  }),
  historyCall({
    id: 'h5',
    startedAt: now - DAY - 40 * MINUTE,
    party: null,
    sourceName: 'Yellow pages',
    campaign: null,
    didLabel: 'Print',
    disposition: 'wrong number',
    talkMs: 9000,
  }),
  historyCall({
    id: 'h6',
    startedAt: now - DAY - 150 * MINUTE,
    party: '+8613800138000',
    sourceName: 'Baidu',
    campaign: '暖气维修',
    disposition: 'lead',
    talkMs: 305_000,
  }),
  historyCall({
    id: 'h7',
    startedAt: now - DAY - 230 * MINUTE,
    direction: 'internal',
    party: 'tomas',
    partyName: 'Tomás Ortega',
    did: null,
    didLabel: null,
    sourceName: null,
    campaign: null,
    talkMs: 121_000,
  }),
];

const context = (now: number): CallContext => ({
  id: 'c1',
  direction: 'inbound',
  party: '+493055501834',
  partyName: 'Jonas Berger',
  visitor: false,
  region: 'DE',
  did: '+498005550100',
  didLabel: 'Website',
  sourceName: 'Google Ads',
  source: 'google',
  medium: 'cpc',
  campaign: 'Emergency Berlin',
  keyword: 'boiler repair near me',
  landingPage: 'https://www.example.com/boiler-repair?gclid=abc',
  button: null,
  intent: null,
  page: null,
  callBack: false,
  priorCalls: 3,
  history: [
    {
      ...historyCall({
        id: 'e1',
        startedAt: now - DAY - 65 * MINUTE,
        disposition: 'appointment',
        note: 'Boiler loses pressure. Visit agreed for Thursday at 9, wants a call before.',
      }),
      agent: 'Mara',
    },
    {
      ...historyCall({
        id: 'e2',
        startedAt: now - 12 * DAY,
        disposition: 'sale',
        value: { amount: 249.9, currency: 'EUR' },
        note: 'Yearly service booked.',
      }),
      agent: 'Tomás',
    },
    {
      ...historyCall({
        id: 'e3',
        startedAt: now - 13 * DAY,
        answeredAt: null,
        talkMs: null,
        status: 'no_answer',
      }),
      agent: null,
    },
  ],
  supervision: null,
});

const base: Scene = (now) => ({
  stage: 'phone',
  account: agent,
  connection: 'ready',
  problems: [],
  calls: [],
  wrapUp: undefined,
  identities: [
    { number: '+498005550100', label: 'Website', source: 'Google Ads' },
    { number: '+493055500020', label: 'Office', source: null },
  ],
  people: [
    { name: 'mara', display: 'Mara Lindt', state: 'busy' },
    { name: 'tomas', display: 'Tomás Ortega', state: 'ready' },
    { name: 'ines', display: 'Ines Falk', state: 'busy' },
    { name: 'wei', display: 'Wei Zhang', state: 'away' },
    { name: 'paul', display: null, state: 'offline' },
  ],
  lines: [
    { id: 'office', name: 'Office' },
    { id: 'workshop', name: 'Workshop' },
  ],
  history: { calls: history(now), more: true, loading: false },
  live: [],
  devices: {
    microphones: [
      { id: 'default', label: 'Default · Headset' },
      { id: 'm2', label: 'Built-in microphone' },
    ],
    speakers: [
      { id: 'default', label: 'Default · Headset' },
      { id: 's2', label: 'Built-in speakers' },
    ],
    microphone: 'default',
    speaker: 'default',
    ringer: 's2',
    canChooseSpeaker: true,
  },
  testLevel: undefined,
  notifications: 'unknown',
});

const GOOD: Call['quality'] = {
  level: 'good',
  mos: 4.3,
  rttMs: 38,
  jitterMs: 4,
  lossPercent: 0.1,
  reason: undefined,
};

const ringing = (now: number): Call =>
  newCall({
    key: 'in-1',
    id: 'c1',
    direction: 'in',
    phase: 'ringing',
    party: '+493055501834',
    startedAt: now - 4000,
    context: context(now),
  });

const talking = (now: number): Call => ({
  ...ringing(now),
  phase: 'talking',
  startedAt: now - 204_000,
  answeredAt: now - 197_000,
  quality: GOOD,
  levels: { microphone: 0.34, speaker: 0.71 },
});

const second = (now: number): Call =>
  newCall({
    key: 'in-2',
    id: 'c2',
    direction: 'in',
    phase: 'ringing',
    party: '+12125550142',
    startedAt: now - 3000,
    context: {
      ...context(now),
      id: 'c2',
      party: '+12125550142',
      partyName: null,
      region: 'US',
      sourceName: 'Newsletter',
      campaign: 'March offer',
      keyword: null,
      priorCalls: 0,
      history: [],
    },
  });

const withCalls =
  (...calls: readonly ((now: number) => Call)[]): Scene =>
  (now) => ({ ...base(now), calls: calls.map((call) => call(now)) });

const withProblems =
  (...problems: readonly PhoneProblem[]): Scene =>
  (now) => ({ ...base(now), problems });

const supervisor: Account = {
  ...agent,
  name: 'ines',
  display: 'Ines Falk',
  role: 'supervisor',
  ready: false,
};

const live = (now: number): PhoneState['live'] => [
  {
    id: 'c1',
    agent: 'mara',
    agentName: 'Mara Lindt',
    party: '+493*****34',
    visitor: false,
    did: '+498005550100',
    didLabel: 'Website',
    sourceName: 'Google Ads',
    direction: 'inbound',
    startedAt: now - 204_000,
    answeredAt: now - 197_000,
    onHold: false,
    supervisedBy: null,
    mode: null,
  },
  {
    id: 'c5',
    agent: 'tomas',
    agentName: 'Tomás Ortega',
    party: '+121*****42',
    visitor: false,
    did: '+493055500020',
    didLabel: 'Office',
    sourceName: 'Newsletter',
    direction: 'outbound',
    startedAt: now - 911_000,
    answeredAt: now - 899_000,
    onHold: true,
    supervisedBy: 'ruth',
    mode: 'whisper',
  },
  {
    id: 'c6',
    agent: null,
    agentName: null,
    party: '+447*****07',
    visitor: false,
    did: '+498005550100',
    didLabel: 'Website',
    sourceName: 'Bing Ads',
    direction: 'inbound',
    startedAt: now - 12_000,
    answeredAt: null,
    onHold: false,
    supervisedBy: null,
    mode: null,
  },
];

const PROBLEMS: readonly PhoneProblem[] = [
  { type: 'insecure-origin' },
  { type: 'no-webrtc' },
  { type: 'microphone-refused' },
  { type: 'no-microphone' },
  { type: 'microphone-busy' },
  { type: 'device-gone', label: 'Headset' },
  { type: 'connection-lost', retryAt: undefined },
  { type: 'audio-lost' },
  { type: 'no-sound-yet' },
  { type: 'wrong-login' },
  { type: 'too-many-logins' },
  { type: 'login-over' },
  { type: 'refused', status: 486, text: 'Busy Here' },
  { type: 'gateway-unreachable' },
];

export const SCENES: Readonly<Record<string, Scene>> = {
  starting: (now) => ({ ...base(now), stage: 'starting', account: undefined }),
  login: (now) => ({ ...base(now), stage: 'login', account: undefined, connection: 'off' }),
  'login-wrong': (now) => ({
    ...base(now),
    stage: 'login',
    account: undefined,
    problems: [{ type: 'wrong-login' }],
  }),
  ready: base,
  away: (now) => ({ ...base(now), account: { ...agent, ready: false, canDialOut: false } }),
  empty: (now) => ({ ...base(now), history: { calls: [], more: false, loading: false }, identities: [] }),
  incoming: withCalls(ringing),
  'incoming-unknown': withCalls((now) => ({ ...ringing(now), party: 'anonymous', context: undefined })),
  waiting: withCalls(talking, second),
  calling: withCalls((now) => newCall({ key: 'out-1', party: '+443055501210', startedAt: now - 2000 })),
  talking: withCalls(talking),
  held: withCalls((now) => ({ ...talking(now), phase: 'held' })),
  poor: withCalls((now) => ({
    ...talking(now),
    muted: true,
    quality: { ...GOOD, level: 'bad', mos: 2.6, lossPercent: 9.4, reason: 'loss' },
  })),
  supervised: withCalls((now) => ({
    ...talking(now),
    context: { ...context(now), supervision: { by: 'Ines Falk', mode: 'whisper' } },
  })),
  consult: withCalls(
    (now) => ({ ...talking(now), phase: 'held' }),
    (now) =>
      newCall({
        key: 'out-2',
        party: 'Tomás Ortega',
        phase: 'talking',
        startedAt: now - 21_000,
        answeredAt: now - 16_000,
        consultsFor: 'in-1',
        quality: GOOD,
      }),
  ),
  ended: withCalls((now) => ({ ...talking(now), phase: 'ended', end: { by: 'other', text: 'Bye' } })),
  'wrap-up': (now) => ({
    ...base(now),
    wrapUp: {
      callId: 'c1',
      party: 'Jonas Berger',
      visitor: false,
      saved: false,
      draft: {
        disposition: 'appointment',
        tags: ['boiler', 'returning'],
        note: 'Visit on Thursday at 9. Wants a call 30 minutes before.',
        value: { amount: 249.9, currency: 'EUR' },
      },
    },
  }),
  'wrap-up-and-call': (now) => ({
    ...withCalls(talking)(now),
    wrapUp: {
      callId: 'c0',
      party: '+12125550142',
      visitor: false,
      saved: false,
      draft: { disposition: null, tags: [], note: '', value: null },
    },
  }),
  supervisor: (now) => ({ ...base(now), account: supervisor, live: live(now) }),
  supervising: (now) => ({
    ...base(now),
    account: supervisor,
    live: live(now).map((call) =>
      call.id === 'c1' ? { ...call, supervisedBy: 'ines', mode: 'listen' as const } : call,
    ),
    calls: [
      newCall({
        key: 'sup-1',
        id: 'c1',
        party: '',
        context: context(now),
        phase: 'talking',
        startedAt: now - 40_000,
        answeredAt: now - 39_000,
        supervision: 'listen',
        quality: GOOD,
      }),
    ],
  }),
  problem: (now) => ({
    ...withProblems({ type: 'microphone-refused' }, { type: 'connection-lost', retryAt: now + 8000 })(now),
    connection: 'lost',
  }),
  problems: withProblems(...PROBLEMS),
};
