import type { CallDetailView, CallView } from '../reports/index.ts';
import { callerText, statusText } from './call-table.ts';
import { formatDuration, formatTime } from './format.ts';
import type { Session } from './session.ts';
import { wrapUpWords } from './wrap-up.ts';

const sourceWords = ({ source, match }: CallDetailView): string => {
  if (source === null) return 'none';
  const words = [source.source, source.medium, source.campaign].filter((word) => word !== null).join(' / ');
  const keyword = source.keyword === null ? '' : `, keyword “${source.keyword}”`;
  const page = source.landingPage === null ? '' : `, page ${source.landingPage}`;
  return `${source.name ?? source.id} (${words})${keyword}${page}, matched by ${matchWords(match)}`;
};

const MATCHED_BY = {
  static: 'static number',
  token: "the call button's token",
  code: 'extension code',
  tel_tap: 'a tap on the number',
  lease: 'leased number',
  posterior: 'likeliest visit',
  none: 'nothing',
} as const;

const matchWords = ({ method, probability }: CallDetailView['match']): string =>
  probability === null || probability === 1
    ? MATCHED_BY[method]
    : `${MATCHED_BY[method]}, ${(probability * 100).toFixed(1)} % sure`;

const endWords = (call: CallDetailView): string | null => {
  const codes = [
    call.sipCode === null
      ? undefined
      : `SIP ${call.sipCode}${call.sipReason === null ? '' : ` ${call.sipReason}`}`,
    call.q850Cause === null ? undefined : `Q.850 ${call.q850Cause}`,
    call.hangupBy === null ? undefined : `ended by the ${call.hangupBy}`,
    call.endReason ?? undefined,
  ].filter((word) => word !== undefined);
  return codes.length === 0 ? null : codes.join(', ');
};

const flowWords = ({ flow }: CallDetailView): string | null => {
  if (flow === null) return null;
  const inputs = Object.entries(flow.inputs).map(([name, value]) => `${name} ${value}`);
  return [`${flow.id}, version ${flow.version}`, ...inputs].join(', ');
};

const VERIFIED = { none: null, confirm: 'confirmed by hand', sms: 'number proven by SMS' } as const;

/** How a call button brought the call: `sales, pressed on /prices on a phone, presales, rang after 0.4 s`; null: none did. */
export const webWords = ({ web }: Pick<CallView, 'web'>): string | null => {
  if (web === null) return null;
  const where = [
    web.page === null ? null : `on ${web.page}`,
    web.device === 'other' ? null : `on a ${web.device}`,
  ];
  return [
    web.button,
    ['pressed', ...where].filter((word) => word !== null).join(' '),
    web.kind === 'callback' ? 'called back' : 'in the browser',
    web.arm === null ? null : `arm ${web.arm} of ${web.experiment ?? 'an experiment'}`,
    web.intent === null ? null : `intent ${web.intent}`,
    VERIFIED[web.verified],
    web.clickToRingMs === null ? null : `rang ${formatDuration(web.clickToRingMs)} after the press`,
    web.rating === null ? null : `rated ${web.rating} of 5`,
  ]
    .filter((word) => word !== null)
    .join(', ');
};

/** What the browser at a leg's end says that it heard. */
const experienceWords = ({ experience }: Leg): string | null => {
  if (experience === null) return null;
  const { mosAverage, mosMinimum, warnings } = experience;
  const mos = mosAverage === null ? null : `MOS ${mosMinimum?.toFixed(2)} / ${mosAverage.toFixed(2)}`;
  const told = Object.entries(warnings).map(([word, times]) => `${word} ${times}×`);
  return [mos, told.length === 0 ? 'no warning' : `warned of ${told.join(', ')}`]
    .filter((word) => word !== null)
    .join(', ');
};

const recordingWords = ({ recording }: CallDetailView): string =>
  recording === null
    ? 'none'
    : `${recording.path} (${recording.state}, ${formatDuration(recording.durationMs)})`;

type Leg = CallDetailView['legs'][number];

/** `dtls AEAD_AES_256_GCM, udp, host` */
const securityWords = ({ mediaSecurity, srtpSuite, transport, candidate }: Leg): string =>
  [[mediaSecurity, srtpSuite].filter((word) => word !== null).join(' '), transport, candidate]
    .filter((word) => word !== null)
    .join(', ');

const legName = ({ role, position }: Leg): string => `${role}${position === 0 ? '' : position}`;

const mosWords = ({ mosMinimum, mosAverage }: Leg): string | null => {
  if (mosAverage === null) return null;
  return `${mosMinimum === null ? '–' : mosMinimum.toFixed(2)} / ${mosAverage.toFixed(2)}`;
};

/** A call record for people. */
export const printCall = ({ out }: Pick<Session, 'out'>, call: CallDetailView, zone?: string): void => {
  const repeat =
    call.firstCall === true ? ', first call' : call.priorCalls ? `, ${call.priorCalls} calls before` : '';
  out.facts([
    ['Call', call.id + (call.test ? ' (test)' : '')],
    ['Status', statusText(call.status, out.paint)],
    ['Direction', call.direction],
    [call.direction === 'outbound' ? 'Called' : 'Caller', callerText(call) + repeat],
    ['Number', call.did],
    ['Source', sourceWords(call)],
    ['Button', webWords(call)],
    ['Flow', flowWords(call)],
    ['Line', call.lineId],
    ['Agent', call.agent],
    ['Waited', call.queue && `${formatDuration(call.queue.waitedMs)} in queue ${call.queue.group}`],
    ['Voicemail', call.voicemail ? 'left a message' : null],
    ['Score', call.score],
    ['Started', formatTime(call.startedAt, zone)],
    ['Answered', formatTime(call.answeredAt, zone)],
    ['Ended', formatTime(call.endedAt, zone)],
    [
      'Durations',
      `rang ${formatDuration(call.ringMs)}, talked ${formatDuration(call.talkMs)}, on hold ${formatDuration(call.holdMs)}`,
    ],
    ['End', endWords(call)],
    ['Wrap-up', wrapUpWords(call) ?? null],
    ['Recording', recordingWords(call)],
  ]);
  if (call.legs.length === 0) return;
  out.line();
  out.table(
    ['Leg', 'Line', 'User', 'Outcome', 'Codec', 'Received', 'Sent', 'Lost', 'Jitter', 'RTT', 'MOS min/avg'],
    call.legs.map((leg) => [
      legName(leg),
      leg.lineId,
      leg.user,
      leg.outcome,
      leg.codec,
      leg.packetsReceived,
      leg.packetsSent,
      leg.lossPercent === null ? leg.packetsLost : `${leg.lossPercent.toFixed(1)} %`,
      leg.jitterMs === null ? null : `${leg.jitterMs.toFixed(1)} ms`,
      leg.rttMs === null ? null : `${leg.rttMs.toFixed(0)} ms`,
      mosWords(leg),
    ]),
    [5, 6, 7, 8, 9, 10],
  );
  out.line();
  out.facts([
    ...call.legs.map((leg): [string, string] => [`Media ${legName(leg)}`, securityWords(leg)]),
    ...call.legs.flatMap((leg): [string, string][] => {
      const heard = experienceWords(leg);
      return heard === null ? [] : [[`Browser ${legName(leg)}`, heard]];
    }),
  ]);
};
