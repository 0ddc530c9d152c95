import { parsePhone } from '../../base/phone.ts';
import type { CallPass } from '../../buttons/index.ts';
import type { ButtonPlan } from '../../config/index.ts';
import type { Admittance, Caller, IncomingInvite } from '../../sip/index.ts';
import { attributeButton, type Match } from '../../tracking/index.ts';
import { refusalNotes } from '../opening.ts';
import type { Prepared } from '../preparing.ts';
import { refuse } from '../refusal.ts';
import type { Routes } from '../routes.ts';
import type { CallServices } from '../types.ts';
import { type Destination, destinationOf } from './destination.ts';
import { newWebCall, type WebOpening, webCallNotes, webColumns } from './opening.ts';

type Beginning = { readonly id: string; readonly startedAt: number; readonly invite: IncomingInvite };

type WebFacts = {
  readonly pass: CallPass;
  readonly button: ButtonPlan;
  readonly room: Admittance;
  readonly draining: boolean;
};

/** The visitor as the lines are told: by the number that a code has proven, else as what the button stands for. */
const callerOf = ({ store }: Pick<CallServices, 'store'>, { pass, button }: WebFacts): Caller => {
  const display = [button.name ?? button.id, pass.intent].filter((word) => word !== undefined).join(', ');
  const number = pass.sealedNumber === undefined ? undefined : reveal(store, pass.sealedNumber);
  const phone = number === undefined ? undefined : parsePhone(number);
  if (phone) return { type: 'known', number: phone.e164, isPhone: true, region: phone.region, display };
  return { type: 'known', number: 'visitor', isPhone: false, region: undefined, display };
};

const reveal = ({ vault }: CallServices['store'], sealed: string): string | undefined => {
  try {
    return vault.reveal(Buffer.from(sealed, 'base64url'));
  } catch {
    return undefined;
  }
};

/** By the visit whose page has the button; that is no number, so that nothing is guessed from what others were shown. */
export const matchOfVisit = async (
  { tracking }: Pick<CallServices, 'tracking'>,
  visitId: string | undefined,
  { number }: ButtonPlan,
  at: number,
): Promise<Match | undefined> => {
  if (visitId === undefined) return undefined;
  const looked = { did: number, at, callerHmac: null, callerRegion: null, visitToken: visitId };
  const match = await tracking.match(looked);
  return match?.method === 'token' ? match : undefined;
};

const decide = (
  services: CallServices,
  { button, room, draining }: WebFacts,
  caller: Caller,
  { lines, flow, closed }: Destination,
  isBlocked: boolean,
  ownNumber: string | undefined,
): Prepared['decision'] => {
  if (draining) return refuse('failed', 503, 41, 'the gateway is stopping');
  if (room.type === 'full') return refuse('blocked', 486, 17, room.reason);
  if (isBlocked) return refuse('blocked', 403, 21, 'the caller is on the list of blocked callers');
  if (closed !== undefined) return refuse('failed', 480, 20, closed);
  if (lines.length === 0 && flow === undefined)
    return refuse('failed', 480, 20, `button ${button.id} leads to no line and no flow`);
  return {
    type: 'dial',
    caller,
    trackingNumber: ownNumber,
    lines,
    flow,
    record: button.record ?? services.recording.enabled,
    region: services.userRules.trunk?.region,
  };
};

/** Looks a web page's call up and decides upon it. */
export const prepareWebCall = async (
  services: CallServices,
  routes: Routes,
  { id, startedAt, invite }: Beginning,
  facts: WebFacts,
): Promise<Prepared> => {
  const { pass, button } = facts;
  const { store, tracking } = services;
  const caller = callerOf(services, facts);
  const hmac = caller.type === 'known' && caller.isPhone ? store.vault.hmac(caller.number) : null;
  const [destination, match, isBlocked, numbers] = await Promise.all([
    destinationOf(services, button, pass.intent, startedAt),
    matchOfVisit(services, pass.visitId, button, startedAt),
    routes.isBlocked(hmac),
    store.numbers.list(),
  ]);
  const enabled = numbers.filter(({ number }) => number.enabled === 1).map(({ number }) => number.number);
  const own = enabled.find((number) => number === button.number) ?? enabled[0];
  const sources = tracking.sources();
  const planned = sources.find((source) => source.id === button.source);
  const opening: WebOpening = {
    id,
    runId: services.runId,
    startedAt,
    sipCallId: invite.sipCallId,
    pass,
    button,
    caller,
    attribution: attributeButton(match, planned, sources),
    match,
  };
  const decision = decide(services, facts, caller, destination, isBlocked, own);
  return {
    row: newWebCall(opening, store.vault),
    web: webColumns(opening),
    notes: [...webCallNotes(opening), ...refusalNotes(decision)],
    agent: null,
    trunk: undefined,
    match,
    decision,
  };
};
