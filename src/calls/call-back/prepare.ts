import type { CallBackOrder, CallBackResult } from '../../buttons/index.ts';
import type { Caller, Trunk } from '../../sip/index.ts';
import type { CallerVault, LineTable, NewCall, NumberRoute } from '../../store/index.ts';
import { type Attribution, attributeButton, type Match } from '../../tracking/index.ts';
import { matchNote, type Note } from '../opening.ts';
import type { CallServices } from '../types.ts';
import { destinationOf, matchOfVisit } from '../web/index.ts';

/** A call back that can be placed. */
export type PreparedCallBack = {
  readonly row: NewCall;
  readonly notes: readonly Note[];
  readonly match: Match | undefined;
  /** The visitor, as the business is told. */
  readonly caller: Caller;
  /** E.164 that the visitor is called from. */
  readonly ownNumber: string;
  /** Through which the visitor is called. */
  readonly trunk: Trunk;
  readonly lines: readonly LineTable[];
  readonly flow: NumberRoute['flow'];
  readonly record: boolean;
};

type Beginning = { readonly id: string; readonly startedAt: number };

/**
 * The number that the visitor sees, and may call later: the button's own where it is a tracking number, else one of the
 * button's source, else the button's all the same: it belongs to the business.
 */
export const ownNumberOf = (
  { number, source }: CallBackOrder['button'],
  routes: readonly NumberRoute[],
): { readonly number: string; readonly isTracked: boolean } => {
  const enabled = routes.filter((route) => route.number.enabled === 1 && route.number.state !== 'retired');
  const own =
    enabled.find((route) => route.number.number === number) ??
    enabled.find((route) => source !== undefined && route.source?.id === source);
  return { number: own?.number.number ?? number, isTracked: own !== undefined };
};

const newRow = (
  { runId, store }: { readonly runId: string; readonly store: { readonly vault: Pick<CallerVault, 'seal'> } },
  { id, startedAt }: Beginning,
  { number, region }: CallBackOrder,
  facts: { readonly trunk: Trunk; readonly did: string | null; readonly attribution: Attribution },
): NewCall => ({
  id,
  run_id: runId,
  direction: 'inbound',
  trunk_id: facts.trunk.id,
  is_test: 0,
  started_at: startedAt,
  ...store.vault.seal(number),
  caller_region: region ?? null,
  anonymous: 0,
  did: facts.did,
  did_raw: null,
  did_header: null,
  ...facts.attribution,
  dialled_code: null,
  sip_call_id: null,
});

const notesOf = (
  { id, button, intent, web }: CallBackOrder,
  trunk: Trunk,
  match: Match | undefined,
): readonly Note[] => {
  const about = intent === undefined ? '' : ` about ${intent}`;
  return [
    {
      type: 'received',
      text: `A visitor asked at button ${button.id} to be called back${about}: the business is called first, then the visitor through trunk ${trunk.id}.`,
      detail: { button: button.id, site: web.site_id, intent: intent ?? null, callBack: id, trunk: trunk.id },
    },
    ...(match ? [matchNote(match)] : []),
  ];
};

/** Looks a call back up; a result when it can't be placed, and leaves nothing behind. */
export const prepareCallBack = async (
  services: CallServices,
  beginning: Beginning,
  order: CallBackOrder,
): Promise<PreparedCallBack | CallBackResult> => {
  const { store, userRules, trunks, tracking, operation } = services;
  const { button, intent } = order;
  const trunkId = button.callback.trunk;
  const trunk = trunkId === undefined ? userRules.trunk : trunks.get(trunkId);
  if (trunk === undefined)
    return { end: 'failed', reason: 'there is no trunk through which visitors can be called' };
  // Nobody of the business is rung for a call that can't be made.
  if (operation.route(trunk.id).allDown) return { end: 'not-now', reason: `trunk ${trunk.id} is down` };
  const [destination, match, routes] = await Promise.all([
    destinationOf(services, button, intent, beginning.startedAt),
    matchOfVisit(services, order.visitId, button, beginning.startedAt),
    store.numbers.list(),
  ]);
  const { lines, flow, closed } = destination;
  if (closed !== undefined) return { end: 'not-now', reason: closed };
  if (lines.length === 0 && flow === undefined)
    return { end: 'failed', reason: `button ${button.id} leads to no line and no flow` };
  const own = ownNumberOf(button, routes);
  const sources = tracking.sources();
  const planned = sources.find((source) => source.id === button.source);
  const attribution = attributeButton(match, planned, sources);
  const display = [button.name ?? button.id, intent].filter((word) => word !== undefined).join(', ');
  return {
    row: newRow(services, beginning, order, { trunk, did: own.isTracked ? own.number : null, attribution }),
    notes: notesOf(order, trunk, match),
    match,
    caller: { type: 'known', number: order.number, isPhone: true, region: order.region, display },
    ownNumber: own.number,
    trunk,
    lines,
    flow,
    record: button.record ?? services.recording.enabled,
  };
};
