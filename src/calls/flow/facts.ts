import { type Flow, type FlowFacts, STICKY_MS } from '../../flows/index.ts';
import type { Caller } from '../../sip/index.ts';
import type { NewCall } from '../../store/index.ts';
import type { CallServices } from '../types.ts';

type Opened = {
  readonly row: NewCall;
  readonly caller: Caller;
  readonly priorCalls: number | null;
  readonly flow: Flow;
};

const orNone = <T>(value: T | null | undefined): T | undefined => value ?? undefined;

const wantsLastLine = ({ steps }: Flow): boolean =>
  [...steps.values()].some(({ step }) => step.do === 'dial' && step.sticky);

/** Gathers what a flow may decide by. What can't be looked up is not known; never rejects. */
export const gatherFacts = async (
  { store, areaOf }: Pick<CallServices, 'store' | 'areaOf'>,
  { row, caller, priorCalls, flow }: Opened,
): Promise<FlowFacts> => {
  const number = caller.type === 'known' && caller.number.startsWith('+') ? caller.number : undefined;
  const hmac = row.caller_hmac;
  // An implied flow decides by nothing.
  const looksUp = flow.version !== undefined;
  const [area, lastLine] = await Promise.all([
    looksUp && number !== undefined ? areaOf(number) : undefined,
    hmac !== null && wantsLastLine(flow)
      ? store.calls.lastAnsweredBy(hmac, row.started_at - STICKY_MS).catch(() => undefined)
      : undefined,
  ]);
  return {
    callId: row.id,
    callerKey: hmac ?? row.id,
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
  };
};
