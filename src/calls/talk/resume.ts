import { errorMessage } from '../../base/errors.ts';
import { connectionAddress, SdpError } from '../../sdp/index.ts';
import type { DialogId, IncomingInvite } from '../../sip/index.ts';
import type { UserTable } from '../../store/index.ts';
import type { Board, Whose } from '../board.ts';
import { browserLegOptions, isBrowser, phoneLegOptions } from '../leg-options.ts';
import { newLeg, peerText, visitorPeerText } from '../record/index.ts';
import type { CallServices } from '../types.ts';
import type { Conversation, Party } from './types.ts';

/** What a user's INVITE that joins a call is handled with. */
export type JoinDependencies = {
  readonly services: CallServices;
  readonly board: Board;
  readonly invite: IncomingInvite;
  readonly user: UserTable;
};

/**
 * Who sits where `party` sat: the same, or a page that came back for it before one that has asked after it, at `position`.
 * Undefined: the place is another's.
 */
const seatedAfter = (conversation: Conversation, party: Party, position: number): Party | undefined =>
  conversation
    .parties()
    .find(
      (each) =>
        each === party ||
        (each.row.position < position && each.formerDialogs?.includes(party.dialog) === true),
    );

/**
 * A page that was loaded again comes back into its call: its new dialog takes the place of the one that it lost (RFC 3891).
 * Never rejects.
 */
export const resumeCall = async (
  { services, board, invite }: Omit<JoinDependencies, 'user'>,
  replaced: DialogId,
  whose: Whose,
): Promise<void> => {
  const found = board.find(replaced, whose);
  if (!found) return invite.refuse(481);
  const { conversation, party } = found;
  const { session, record, book, callId } = conversation;
  invite.stamp({ 'X-Dialtrace-Call': callId });
  if (invite.offer === undefined) return invite.refuse(488);
  try {
    const leg = await session.addLeg({
      label: party.leg.label,
      ...(isBrowser(invite.peer) ? browserLegOptions : phoneLegOptions(true)),
      ...services.mediaAddress(connectionAddress(invite.offer) ?? invite.peer.address),
    });
    const now = services.now();
    const row = newLeg({
      call_id: callId,
      role: party.row.role,
      position: book.takePosition(),
      line_id: party.row.line_id,
      user: party.row.user,
      trunk_id: null,
      uri: party.row.uri,
      peer: whose.type === 'visitor' ? visitorPeerText(invite.peer) : peerText(invite.peer),
      sip_call_id: invite.sipCallId,
      started_at: now,
      answered_at: now,
      outcome: 'answered',
      sip_code: 200,
    });
    const answer = await leg.acceptOffer(invite.offer).catch(async (error: unknown) => {
      await leg.close();
      throw error;
    });
    const dialog = await invite.answer(answer).catch(async (error: unknown) => {
      await leg.close();
      throw error;
    });
    book.open(row, leg);
    const seated = seatedAfter(conversation, party, row.position);
    const formerDialogs = seated && [...(seated.formerDialogs ?? []), seated.dialog];
    const back: Party = { ...party, dialog, leg, row, ...(formerDialogs && { formerDialogs }) };
    if (!seated || !conversation.seat(back))
      return conversation.dismiss(
        { ...back, leave: () => undefined },
        { q850: 16, text: 'the call is over' },
      );
    const name = whose.type === 'user' ? whose.name : 'The visitor';
    record.note('resumed-elsewhere', `${name} came back into the call over a new connection.`);
    await conversation.dismiss({ ...seated, leave: () => undefined }, { q850: 16, text: 'replaced' });
  } catch (error) {
    services.logger.warn({ call: callId, error: errorMessage(error) }, 'call not resumed');
    invite.refuse(error instanceof SdpError ? error.sipStatus : 500);
  }
};
