import { type Flow, type FlowFacts, STICKY_MS } from '../../flows/index.ts';
import type { Caller } from '../../sip/index.ts';
import type { NewCall, NewWebCall } from '../../store/index.ts';
import type { CallServices } from '../types.ts';

type Lookups = Pick<CallServices, 'store' | 'areaOf'>;

type Opened = {
  readonly web: NewWebCall | undefined;
  readonly row: NewCall;
  readonly caller: Caller;
  readonly priorCalls: number | null;
  readonly flow: Flow;
};

const orNone = <T>(value: T | null | undefined): T | undefined => value ?? undefined;

const wantsLastLine = ({ steps }: Flow): boolean =>
  [...steps.values()].some(({ step }) => step.do === 'dial' && step.sticky);

const E164 = /^\+/;

const numberOf = (caller: Caller): string | undefined =>
  caller.type === 'known' && E164.test(caller.number) ? caller.number : undefined;

/** What stands elsewhere than in the call's record. */
const lookUp = ({ store, areaOf }: Lookups, { row, flow }: Opened, number: string | undefined) => {
  const hmac = row.caller_hmac;
  // An implied flow decides by nothing.
  const looksUp = flow.version !== undefined && number !== undefined;
  return Promise.all([
    looksUp ? areaOf(number) : undefined,
    hmac !== null && wantsLastLine(flow)
      ? store.calls.lastAnsweredBy(hmac, row.started_at - STICKY_MS).catch(() => undefined)
      : undefined,
  ]);
};

/** Gathers what a flow may decide by. What can't be looked up is not known; never rejects. */
export const gatherFacts = async (lookups: Lookups, opened: Opened): Promise<FlowFacts> => {
  const { row, web, caller, priorCalls } = opened;
  const number = numberOf(caller);
  const [area, lastLine] = await lookUp(lookups, opened, number);
  return {
    callId: row.id,
    callerKey: row.caller_hmac ?? row.id,
    callerNumber: number,
    country: orNone(row.caller_region),
    area: area?.area,
    city: orNone(area?.city),
    priorCalls: orNone(priorCalls),
    lastLine,
    did: orNone(row.did),
    source: orNone(row.source),
    medium: orNone(row.medium),
    campaign: orNone(row.campaign),
    keyword: orNone(row.keyword),
    channel: orNone(row.channel),
    landing: orNone(row.landing_page),
    sourceName: orNone(row.source_name),
    button: web?.button_id,
    intent: orNone(web?.intent),
  };
};
