import { errorMessage } from '../base/errors.ts';
import { ulid } from '../base/ids.ts';
import type { DialogId, Refer } from '../sip/index.ts';
import type { LegTable } from '../store/index.ts';
import type { Board } from './board.ts';
import { dialLines } from './dial-lines.ts';
import { decideUserCall, lookUpDialled } from './from-user.ts';
import { newLeg } from './legs.ts';
import type { Conversation, Party } from './parties.ts';
import type { CallServices, DialPlan } from './types.ts';

type Dependencies = {
  readonly services: CallServices;
  readonly board: Board;
  readonly conversation: Conversation;
};

const TRANSFERRED = { q850: 16, text: 'transferred' } as const;

/** Whom the user may hand a call to: the same as he may call. */
const planFor = async (
  { services, conversation }: Dependencies,
  user: string,
  target: string,
): Promise<{ readonly plan: DialPlan } | { readonly refusal: number; readonly reason: string }> => {
  const { store, userRules } = services;
  const region = userRules.trunk?.region;
  const [dialled, numbers] = await Promise.all([
    lookUpDialled(target, { user: store.users.find, line: store.numbers.line }, region),
    store.numbers.list(),
  ]);
  const decision = decideUserCall({
    draining: false,
    user: { name: user, display: null },
    dialled,
    trunk: userRules.trunk?.id,
    regions: userRules.regions,
    numbers: numbers.filter(({ number }) => number.enabled === 1),
    identity: conversation.plan.trackingNumber,
    recordByDefault: conversation.plan.record,
  });
  if (decision.type === 'refuse') return { refusal: decision.sipCode, reason: decision.reason };
  const { plan } = conversation;
  // A user who gets the call sees who is calling, not who handed it over.
  const caller = decision.direction === 'internal' ? plan.caller : decision.caller;
  return { plan: { ...plan, caller, lines: decision.lines } };
};

/** Calls somebody else for the other side, and leaves the call when they answer (RFC 5589 6). */
const blindTransfer = async (deps: Dependencies, from: Party, user: string, refer: Refer): Promise<void> => {
  const { services, conversation } = deps;
  const { record, book, session } = conversation;
  const found = await planFor(deps, user, refer.target);
  if ('refusal' in found) {
    record.note('transfer-refused', `A transfer by ${user} was refused: ${found.reason}.`);
    return refer.refuse(found.refusal);
  }
  refer.accept();
  void refer.notify(100, 'Trying');
  const [line] = found.plan.lines;
  record.note('transfer', `${user} hands the call to ${line?.name ?? line?.id}.`, {
    by: user,
    line: line?.id,
  });
  const other = conversation.opposite(from);
  const release = conversation.detain(from);
  const { region } = conversation.plan;
  void other.leg.play({ type: 'ringback', ...(region && { region }) }).catch(() => undefined);

  const dialled = await dialLines({
    services,
    plan: found.plan,
    session,
    record,
    book,
    progress: { ringing: () => undefined, earlyMedia: () => undefined },
    stopped: conversation.stopped,
  });
  const gone = release();
  if (dialled.type === 'answered') {
    const { answered } = dialled;
    book.open(answered.row, answered.leg);
    record.note('transferred', `${line?.name ?? line?.id} has the call.`, { line: line?.id });
    const { leg, dialog, row, leave } = answered;
    conversation.seat({ side: from.side, user: answered.line.user ?? undefined, dialog, leg, row, leave });
    // Silence until then; the timers of a call whose side has changed start anew.
    session.watch(leg);
    await refer.notify(200, 'OK');
    return conversation.dismiss(from, TRANSFERRED);
  }
  const [status, reason] =
    dialled.type === 'failed'
      ? [dialled.failure.sipCode, dialled.failure.status.replace('_', ' ')]
      : [487, dialled.stop.reason];
  record.note('transfer-failed', `The transfer failed: ${reason}.`);
  await refer.notify(status, reason);
  if (!gone) return other.leg.stopPlaying();
  conversation.finish({
    status: 'answered',
    sipCode: 200,
    sipReason: 'OK',
    q850: 16,
    by: from.side,
    reason: `${user} handed the call on and hung up; nobody took it`,
  });
};

/** Joins the other sides of two calls of one user, who leaves both (RFC 5589 7). */
const attendedTransfer = async (
  deps: Dependencies,
  from: Party,
  user: string,
  refer: Refer,
  id: DialogId,
): Promise<void> => {
  const { services, board, conversation } = deps;
  const { record, book, session } = conversation;
  // The page names the dialog as it sees it; its remote tag is our local one.
  const found = board.find(id, user);
  if (!found || found.conversation === conversation) return refer.refuse(481);
  const second = found.conversation;
  const joining = second.opposite(found.party);
  try {
    await session.adopt(joining.leg);
  } catch (error) {
    services.logger.warn({ call: conversation.callId, error: errorMessage(error) }, 'calls not joined');
    return refer.refuse(488);
  }
  refer.accept();
  const now = services.now();
  const row: LegTable = newLeg({
    ...joining.row,
    // The other call keeps the row that it has.
    id: ulid(now),
    call_id: conversation.callId,
    role: 'B',
    position: book.takePosition(),
    started_at: now,
    answered_at: now,
    ended_at: null,
  });
  book.open(row, joining.leg);
  second.record.note('joined', `${user} joined this call with call ${conversation.callId}.`);
  second.release(joining, `joined with call ${conversation.callId} by ${user}`);
  record.note('transferred', `${user} joined the call with call ${second.callId}.`, {
    by: user,
    call: second.callId,
  });
  conversation.seat({ ...joining, side: from.side, row });
  await refer.notify(200, 'OK');
  await conversation.dismiss(from, TRANSFERRED);
};

/** Does what a user's REFER asks for. Never rejects. */
export const takeTransfer = async (
  deps: Dependencies,
  from: Party,
  user: string,
  refer: Refer,
): Promise<void> => {
  try {
    if (!deps.conversation.isSeated(from)) return refer.refuse(481);
    const { replaces } = refer;
    if (replaces) await attendedTransfer(deps, from, user, refer, replaces);
    else await blindTransfer(deps, from, user, refer);
  } catch (error) {
    deps.services.logger.error(
      { call: deps.conversation.callId, error: errorMessage(error) },
      'transfer failed',
    );
  }
};
