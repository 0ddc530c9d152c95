import { ulid } from '../../base/ids.ts';
import type { CallBackTable, SqliteFile } from '../../store/index.ts';
import { consentText } from '../texts.ts';
import { type Destinations, scheduleOf } from './destinations.ts';
import { addCallBack, callBackOfPress, callBacksOfNumber, correctCallBack, isOpen } from './queue.ts';
import { DAY_MS, type Destination, decideRequest, hoursFor, type RequestDecision } from './rules.ts';
import type { CallBackOptions, CallBackRequest, CallBackVerdict } from './types.ts';

type Dependencies = Pick<CallBackOptions, 'store' | 'turns' | 'limits' | 'canDial' | 'now'> & {
  readonly destinations: Destinations;
};

/** Why somebody who could be called waits. */
export const OUT_OF_HOURS = 'outside the hours in which this number is called, or the business is closed';

const takenAs = ({ id, due_at }: Pick<CallBackTable, 'id' | 'due_at'>, at: number): CallBackVerdict => ({
  type: 'taken',
  id,
  state: due_at > at ? 'later' : 'now',
  dueAt: due_at,
});

/** What a request is about when its number has been looked at. */
type Looked = Awaited<ReturnType<Destinations['of']>> & {
  readonly asked: readonly CallBackTable[];
  readonly at: number;
};

const decide = (
  { limits, canDial }: Dependencies,
  file: SqliteFile,
  { button, consent }: CallBackRequest,
  { destination, blocked, asked, at }: Looked,
): RequestDecision =>
  decideRequest({
    enabled: button.callback.enabled && canDial(button),
    consent,
    destination,
    blocked,
    hours:
      destination.type === 'good'
        ? hoursFor(button, destination.region, scheduleOf(file, button))
        : undefined,
    otherOpen: asked.some(isOpen),
    askedAt: asked.map((row) => row.requested_at).filter((requestedAt) => requestedAt > at - DAY_MS),
    perDay: limits.callbacksPerDay,
    at,
  });

const rowOf = (
  { store }: Dependencies,
  request: CallBackRequest,
  { e164, region }: Destination,
  { at, dueAt }: { readonly at: number; readonly dueAt: number },
): CallBackTable => {
  const { button, language } = request;
  const { caller_encrypted, caller_hmac, caller_masked } = store.vault.seal(e164);
  if (caller_encrypted === null || caller_hmac === null || caller_masked === null)
    throw new Error('a number was not sealed');
  return {
    id: ulid(at),
    press_id: request.pressId,
    button_id: button.id,
    site_id: button.site,
    experiment_id: request.experimentId ?? null,
    arm: request.arm ?? null,
    viewer: request.viewer,
    visit_id: request.visitId ?? null,
    intent: request.intent ?? null,
    device: request.device,
    page: request.page ?? null,
    verified: request.verified,
    number_encrypted: caller_encrypted,
    number_hmac: caller_hmac,
    number_masked: caller_masked,
    region,
    requested_at: at,
    consent_text: consentText(button, language),
    consent_at: at,
    address_hmac: request.addressHmac ?? null,
    language,
    due_at: dueAt,
    tries: 0,
    state: 'waiting',
    reason: dueAt > at ? OUT_OF_HOURS : null,
    call_id: null,
  };
};

/** The press has brought a call, or its end: another number is another request. */
const BEGIN_ANEW: CallBackVerdict = {
  type: 'refused',
  code: 'too-many',
  reason: 'This request can not be changed any more: load the page again to make another',
  retryAfterSeconds: 1,
};

/** Takes a visitor's request, or says why not; see `CallBacks.askForCallBack`. */
export const takeRequest = async (deps: Dependencies, request: CallBackRequest): Promise<CallBackVerdict> => {
  const at = deps.now();
  const looked = await deps.destinations.of(request.number, request.button);
  const { hmac } = looked;
  return deps.turns.take((file): CallBackVerdict => {
    const known = callBackOfPress(file, request.pressId);
    if (known && known.number_hmac === hmac) return takenAs(known, at);
    const asked = hmac === undefined ? [] : callBacksOfNumber(file, hmac, at);
    const again = asked.find((row) => isOpen(row) && row.viewer === request.viewer);
    if (again) return takenAs(again, at);
    const decision = decide(deps, file, request, { ...looked, asked, at });
    if (decision.type === 'refused') return decision;
    const row = rowOf(deps, request, decision.number, { at, dueAt: decision.dueAt });
    if (known === undefined) addCallBack(file, row);
    else if (!correctCallBack(file, row)) return BEGIN_ANEW;
    return takenAs(known ? { ...row, id: known.id } : row, at);
  });
};
