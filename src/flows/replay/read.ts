import type { CallStepTable, CallTable, LegTable, Store, WebCallTable } from '../../store/index.ts';
import { STICKY_MS } from '../steps/index.ts';
import type { Flow, FlowFacts, PathEntry } from '../types.ts';
import type { Outcome, PastCall, PastLeg } from './types.ts';

/** Calls whose steps and legs are read at once. */
const AT_ONCE = 500;

type Reading = Pick<Store, 'calls' | 'db' | 'vault'>;
type Area = { readonly area: string; readonly city: string | null };
type Places = (e164: string) => Promise<Area | undefined>;

const RESULTS: Readonly<Record<NonNullable<LegTable['outcome']>, PastLeg['result']>> = {
  answered: 'answer',
  no_answer: 'no-answer',
  busy: 'busy',
  rejected: 'rejected',
  cancelled: 'cut',
  unreachable: 'unavailable',
  failed: 'unavailable',
  interrupted: 'cut',
};

const legOf = (leg: LegTable): readonly PastLeg[] => {
  const name = leg.line_id ?? leg.user;
  if (leg.role !== 'B' || name === null) return [];
  const end = leg.answered_at ?? leg.ended_at ?? leg.started_at;
  const result = leg.answered_at !== null ? 'answer' : RESULTS[leg.outcome ?? 'cancelled'];
  return [{ name, result, ms: Math.max(0, end - leg.started_at) }];
};

const entryOf = ({ step, kind, at, input, exit, next_step: to, text }: CallStepTable): PathEntry => ({
  step,
  // What the store has was written from such an entry.
  kind: kind as PathEntry['kind'],
  at,
  input: input ?? undefined,
  exit: exit ?? undefined,
  to: to ?? undefined,
  text,
});

const outcomeOf = (call: CallTable): Outcome => {
  if (call.status === 'answered' && (call.line_id !== null || call.agent !== null)) return 'answered';
  return call.voicemail === 1 ? 'voicemail' : 'lost';
};

const decrypted = ({ vault }: Reading, call: CallTable): string | undefined => {
  if (call.caller_encrypted === null || call.anonymous === 1) return undefined;
  const number = vault.reveal(call.caller_encrypted);
  return number.startsWith('+') ? number : undefined;
};

const lastLineOf = async ({ calls }: Reading, call: CallTable): Promise<string | undefined> => {
  const { caller_hmac: hmac, started_at: at } = call;
  return hmac === null ? undefined : calls.lastAnsweredBy(hmac, at - STICKY_MS, at);
};

/** What a call button that brought the call says of it. */
type Pressed = Pick<WebCallTable, 'button_id' | 'intent'>;

const factsOf = async (
  store: Reading,
  flow: Flow,
  call: CallTable,
  pressed: Pressed | undefined,
  areaOf: Places,
): Promise<FlowFacts> => {
  const callerNumber = decrypted(store, call);
  const steps = [...flow.steps.values()].map(({ step }) => step);
  const sticky = steps.some((step) => step.do === 'dial' && step.sticky);
  const byArea = steps.some((step) => step.do === 'route' && step.cases.some(({ when }) => when.area));
  const area = byArea && callerNumber !== undefined ? await areaOf(callerNumber) : undefined;
  return {
    callId: call.id,
    callerKey: call.caller_hmac ?? call.id,
    callerNumber,
    country: call.caller_region ?? undefined,
    area: area?.area,
    city: area?.city ?? undefined,
    priorCalls: call.prior_calls ?? undefined,
    lastLine: sticky ? await lastLineOf(store, call) : undefined,
    did: call.did ?? undefined,
    source: call.source ?? undefined,
    medium: call.medium ?? undefined,
    campaign: call.campaign ?? undefined,
    keyword: call.keyword ?? undefined,
    channel: call.channel ?? undefined,
    landing: call.landing_page ?? undefined,
    sourceName: call.source_name ?? undefined,
    button: pressed?.button_id,
    intent: pressed?.intent ?? undefined,
  };
};

const grouped = <Row extends { readonly call_id: string }>(rows: readonly Row[]): Map<string, Row[]> => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.call_id);
    if (group) group.push(row);
    else groups.set(row.call_id, [row]);
  }
  return groups;
};

/** The step at which somebody answered, or the caller went: legs and the call's end tell of it. */
const wasLeft = ({ kind, exit }: CallStepTable): boolean =>
  exit === 'answered' || (exit === null && kind !== 'hangup' && kind !== 'end');

const pastCall = (
  call: CallTable,
  facts: FlowFacts,
  steps: readonly CallStepTable[],
  legs: readonly LegTable[],
): PastCall => {
  const outcome = outcomeOf(call);
  const talkFrom =
    outcome === 'answered' ? legs.find((leg) => leg.answered_at !== null)?.answered_at : undefined;
  const until = talkFrom ?? call.ended_at ?? call.started_at;
  return {
    id: call.id,
    at: call.started_at,
    facts,
    path: steps.filter((step) => !wasLeft(step)).map(entryOf),
    legs: legs.flatMap(legOf),
    outcome,
    gaveUp: outcome === 'lost' && call.hangup_by === 'caller',
    waitMs: Math.max(0, until - call.started_at),
    queue: call.queue === null ? undefined : { group: call.queue, ms: call.queue_ms ?? 0 },
  };
};

/**
 * Calls that ran a flow, in whatever version, or came to numbers that have it now. Tests, and calls that were refused or are not
 * over, are left out.
 *
 * @param period milliseconds since the epoch, `to` exclusive
 * @param areaOf where a telephone number is at home
 * @throws FailureError when a caller's number can't be read with this key file
 */
export const readPastCalls = async (
  store: Reading,
  flow: Flow,
  period: { readonly from: number; readonly to: number; readonly limit: number },
  areaOf: Places = async () => undefined,
): Promise<readonly PastCall[]> => {
  const { db } = store;
  const rows = await db
    .selectFrom('call')
    .selectAll()
    .where('started_at', '>=', period.from)
    .where('started_at', '<', period.to)
    .where('direction', '=', 'inbound')
    .where('is_test', '=', 0)
    .where('ended_at', 'is not', null)
    .where('status', 'not in', ['in_progress', 'blocked', 'interrupted'])
    .where((eb) =>
      eb.or([
        eb('flow_id', '=', flow.id),
        eb('did', 'in', eb.selectFrom('tracking_number').select('number').where('flow_id', '=', flow.id)),
      ]),
    )
    .orderBy('started_at', 'desc')
    .limit(period.limit)
    .execute();
  const calls: PastCall[] = [];
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const some = rows.slice(from, from + AT_ONCE);
    const ids = some.map(({ id }) => id);
    const [steps, legs, presses] = await Promise.all([
      db.selectFrom('call_step').selectAll().where('call_id', 'in', ids).orderBy('seq').execute(),
      db.selectFrom('leg').selectAll().where('call_id', 'in', ids).orderBy('position').execute(),
      db
        .selectFrom('web_call')
        .select(['call_id', 'button_id', 'intent'])
        .where('call_id', 'in', ids)
        .execute(),
    ]);
    const [stepsOf, legsOf] = [grouped(steps), grouped(legs)];
    const pressOf = new Map(presses.map((press) => [press.call_id, press]));
    for (const call of some) {
      const facts = await factsOf(store, flow, call, pressOf.get(call.id), areaOf);
      calls.push(pastCall(call, facts, stepsOf.get(call.id) ?? [], legsOf.get(call.id) ?? []));
    }
  }
  return calls.reverse();
};
