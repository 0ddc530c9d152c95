import { errorMessage } from '../../base/errors.ts';
import { ulid } from '../../base/ids.ts';
import type { Playable } from '../../media/index.ts';
import { type Admittance, type DialogId, parseAddress, type Refer } from '../../sip/index.ts';
import type { LegTable } from '../../store/index.ts';
import type { Board } from '../board.ts';
import { NO_PROGRESS } from '../caller-progress.ts';
import { decideUserCall, lookUpDialled } from '../from-user.ts';
import { newLeg } from '../record/index.ts';
import { dialLines } from '../ring/index.ts';
import type { CallEnd, CallPlan, CallServices } from '../types.ts';
import { type Conversation, nameOf, type Party } from './types.ts';

export type TransferDependencies = {
  readonly services: CallServices;
  readonly board: Board;
  readonly conversation: Conversation;
};
type Dependencies = TransferDependencies;

/** Whom a call is to be handed to. */
export type Wish = {
  /** A user, a line or a telephone number, as it was dialled. */
  readonly target: string;
  readonly mayCallNumbers: boolean;
};

/** Hears what becomes of a transfer. */
type Asker = Pick<Refer, 'accept' | 'refuse' | 'notify'>;

export type Found = { readonly plan: CallPlan; readonly leave: () => void };

export const TRANSFERRED = { q850: 16, text: 'transferred' } as const;

export type Refused = { readonly refusal: number; readonly reason: string };

/** RFC 3261 21.4.27: it may be asked again when the other transfer is over. */
export const UNDER_WAY: Refused = { refusal: 491, reason: 'another transfer is under way' };

export const failed = (error: unknown): Refused => ({ refusal: 500, reason: errorMessage(error) });

const FREE: Admittance = { type: 'admitted', leave: () => undefined };

/** Whom somebody may hand a call to: a user whom he may call, a line the other lines and users. */
export const planFor = async (
  { services, board, conversation }: Dependencies,
  from: Party,
  { target, mayCallNumbers }: Wish,
): Promise<Found | Refused> => {
  const { store, userRules } = services;
  const { plan } = conversation;
  const region = userRules.trunk?.region ?? plan.region;
  const name = nameOf(from);
  const uri = `sip:${encodeURIComponent(target)}@transfer.invalid`;
  const [known, dialled, numbers] = await Promise.all([
    from.user === undefined ? undefined : store.users.find(from.user),
    lookUpDialled(uri, { user: store.users.find, line: store.numbers.line }, region),
    store.numbers.list(),
  ]);
  if (from.user !== undefined && (known === undefined || known.disabled === 1))
    return { refusal: 403, reason: `${name} is no user any more` };
  if (dialled.type === 'number' && !mayCallNumbers)
    return {
      refusal: 403,
      reason: 'calls are not handed to telephone numbers: see features.transferNumbers',
    };
  if (dialled.type === 'line' && from.user === undefined && dialled.line.id === from.row.line_id)
    return { refusal: 486, reason: `${name} asked for itself` };
  const user = known ?? { name, display: null };
  // The call that the user placed has its place already, whoever it goes on with.
  const isOwn = plan.origin.type === 'user' && plan.origin.user.name === name;
  const room = isOwn || from.user === undefined ? FREE : board.places.enter(name);
  const leave = (): void => {
    if (room.type === 'admitted') room.leave();
  };
  const decision = decideUserCall({
    draining: false,
    room,
    user,
    dialled,
    trunk: userRules.trunk?.id,
    regions: userRules.regions,
    premium: userRules.premium,
    numbers: numbers.filter(({ number }) => number.enabled === 1),
    identity: plan.trackingNumber,
    recordByDefault: plan.record,
  });
  if (decision.type === 'refuse') {
    leave();
    return { refusal: decision.sipCode, reason: decision.reason };
  }
  // A user who gets the call sees who is calling, not who handed it over.
  const caller = decision.direction === 'internal' ? plan.caller : decision.caller;
  return { plan: { ...plan, caller, lines: decision.lines }, leave };
};

/** Who sits now where `from` sat when it asked: its page may have been loaded again since. */
export const seatedFor = ({ conversation }: Dependencies, { side }: Party): Party | undefined =>
  conversation.parties().find((party) => party.side === side);

export const nobodyLeft = (party: Party): CallEnd => ({
  status: 'answered',
  sipCode: 200,
  sipReason: 'OK',
  q850: 16,
  by: party.side,
  reason: `${nameOf(party)} handed the call on and hung up; nobody took it`,
});

/** Calls somebody else for the other side, and leaves the call when they answer (RFC 5589 6). */
const blindTransfer = async (deps: Dependencies, from: Party, wish: Wish, asker: Asker): Promise<void> => {
  const { services, conversation } = deps;
  const { record, book, session } = conversation;
  const release = conversation.detain(from.side);
  const found = release ? await planFor(deps, from, wish).catch(failed) : UNDER_WAY;
  const user = nameOf(from);
  if (!release || 'refusal' in found) {
    const { refusal, reason } = 'refusal' in found ? found : UNDER_WAY;
    record.note('transfer-refused', `A transfer by ${user} was refused: ${reason}.`);
    asker.refuse(refusal);
    if (release?.()) conversation.finish(nobodyLeft(from));
    return;
  }
  void conversation.ended.then(found.leave);
  asker.accept();
  void asker.notify(100, 'Trying');
  const [line] = found.plan.lines;
  record.note('transfer', `${user} hands the call to ${line?.name ?? line?.id}.`, {
    by: user,
    line: line?.id,
  });
  const other = conversation.opposite(from);
  const { region } = conversation.plan;
  void other.leg.play({ type: 'ringback', ...(region && { region }) }).catch(() => undefined);

  const dialled = await dialLines({
    services,
    plan: found.plan,
    session,
    record,
    book,
    progress: NO_PROGRESS,
    stopped: conversation.stopped,
  });
  const gone = release();
  if (dialled.type === 'answered') {
    const { answered } = dialled;
    book.open(answered.row, answered.leg);
    const { leg, dialog, row, leave } = answered;
    const next = { side: from.side, user: answered.line.user ?? undefined, dialog, leg, row, leave };
    const leaving = seatedFor(deps, from) ?? from;
    if (!conversation.seat(next)) return conversation.dismiss(next, { q850: 16, text: 'the call is over' });
    record.note('transferred', `${line?.name ?? line?.id} has the call.`, { line: line?.id });
    await asker.notify(200, 'OK');
    return conversation.dismiss(leaving, TRANSFERRED);
  }
  found.leave();
  const [status, reason] =
    dialled.type === 'failed'
      ? [dialled.failure.sipCode, dialled.failure.status.replace('_', ' ')]
      : [487, dialled.stop.reason];
  record.note('transfer-failed', `The transfer failed: ${reason}.`);
  await asker.notify(status, reason);
  if (gone) return conversation.finish(nobodyLeft(from));
  // Whoever held the call before still does.
  if (seatedFor(deps, from)?.leg.held) await other.leg.play(services.holdMusic).catch(() => undefined);
  else other.leg.stopPlaying();
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
  const found = board.find(id, { type: 'user', name: user });
  if (!found || found.conversation === conversation) return refer.refuse(481);
  const second = found.conversation;
  const joining = second.opposite(found.party);
  // Neither call ends when the user hangs up now.
  const releases = [conversation.detain(from.side), second.detain(found.party.side)];
  const letGo = (): boolean[] => releases.map((release) => release?.() ?? false);
  const notJoined = (status: number): void => {
    refer.refuse(status);
    const [gone, goneThere] = letGo();
    if (gone) conversation.finish(nobodyLeft(from));
    if (goneThere) second.finish(nobodyLeft(found.party));
  };
  if (releases.includes(undefined)) return notJoined(UNDER_WAY.refusal);
  try {
    await session.adopt(joining.leg);
  } catch (error) {
    services.logger.warn({ call: conversation.callId, error: errorMessage(error) }, 'calls not joined');
    return notJoined(488);
  }
  if (conversation.isOver || !second.isSeated(joining)) {
    // One of the others hung up in between; the leg belongs to neither call now.
    void joining.leg.close();
    notJoined(481);
    return second.finish(nobodyLeft(found.party));
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
  if (second.plan.origin.type === 'user') void conversation.ended.then(board.places.keep(user));
  const leaving = seatedFor(deps, from) ?? from;
  conversation.seat({ ...joining, side: from.side, row });
  letGo();
  await refer.notify(200, 'OK');
  await conversation.dismiss(leaving, TRANSFERRED);
};

/** What a REFER's URI names: its user part. */
const dialledIn = (uri: string): string => parseAddress(uri)?.user ?? '';

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
    else await blindTransfer(deps, from, { target: dialledIn(refer.target), mayCallNumbers: true }, refer);
  } catch (error) {
    deps.services.logger.error(
      { call: deps.conversation.callId, error: errorMessage(error) },
      'transfer failed',
    );
  }
};

/** A tone that says that something can't be, and then the other side again. Never rejects. */
export const tellRefused = async ({ conversation }: Dependencies, party: Party): Promise<void> => {
  const { region } = conversation.plan;
  const tone: Playable = { type: 'congestion', seconds: 1.5, ...(region && { region }) };
  await party.leg.play(tone).catch(() => undefined);
};

/** Hands the call on as `from` wishes, who keeps it when nobody takes it. Never rejects. */
export const handOver = async (deps: Dependencies, from: Party, wish: Wish): Promise<void> => {
  const { conversation, services } = deps;
  const { region } = conversation.plan;
  const asker: Asker = {
    accept: () => void from.leg.play({ type: 'ringback', ...(region && { region }) }).catch(() => undefined),
    refuse: () => {
      if (!conversation.isOver) conversation.opposite(from).leg.stopPlaying();
      void tellRefused(deps, from);
    },
    notify: async (status) => {
      if (status >= 300) void tellRefused(deps, from);
    },
  };
  try {
    if (conversation.isSeated(from)) await blindTransfer(deps, from, wish, asker);
  } catch (error) {
    services.logger.error({ call: conversation.callId, error: errorMessage(error) }, 'transfer failed');
  }
};
