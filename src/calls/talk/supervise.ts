import { errorMessage } from '../../base/errors.ts';
import { connectionAddress, SdpError } from '../../sdp/index.ts';
import { originLegOptions } from '../leg-options.ts';
import { newLeg, peerText } from '../record/index.ts';
import type { SupervisionMode } from '../types.ts';
import type { JoinDependencies } from './resume.ts';

const MODES: ReadonlySet<string> = new Set(['listen', 'whisper', 'barge']);
const isMode = (text: string): text is SupervisionMode => MODES.has(text);

/** `<call id>;mode=listen` */
const parseWish = (
  header: string,
): { readonly callId: string; readonly mode: SupervisionMode } | undefined => {
  const [, callId = '', mode = 'listen'] =
    /^\s*([0-9A-Z]{26})\s*(?:;\s*mode=([a-z]{1,10})\s*)?$/i.exec(header) ?? [];
  return callId !== '' && isMode(mode) ? { callId: callId.toUpperCase(), mode } : undefined;
};

/** Lets a supervisor into a call. Who is none is refused, whatever the call. Never rejects. */
export const superviseCall = async (
  { services, board, invite, user }: JoinDependencies,
  header: string,
): Promise<void> => {
  const wish = parseWish(header);
  const note = (action: string, detail: Record<string, unknown>): void =>
    services.audit({ user: user.name, action, callId: wish?.callId, detail });
  if (user.role !== 'supervisor') {
    note('supervise-refused', { reason: 'no supervisor' });
    return invite.refuse(403);
  }
  if (!wish || invite.offer === undefined) return invite.refuse(400);
  const conversation = board.conversation(wish.callId);
  if (!conversation) return invite.refuse(404);
  if (conversation.supervision() || conversation.parties().some((party) => party.user === user.name))
    return invite.refuse(486);
  const { callId, mode } = wish;
  const { session, record, book } = conversation;
  invite.stamp({ 'X-Dialtrace-Call': callId });
  try {
    const leg = await session.addLeg({
      label: 'supervisor',
      ...originLegOptions({ type: 'user', user }, invite.peer),
      ...services.mediaAddress(connectionAddress(invite.offer) ?? invite.peer.address),
    });
    const answer = await leg.acceptOffer(invite.offer).catch(async (error: unknown) => {
      await leg.close();
      throw error;
    });
    note('supervise', { mode });
    const dialog = await invite.answer(answer).catch(async (error: unknown) => {
      await leg.close();
      throw error;
    });
    const now = services.now();
    const row = newLeg({
      call_id: callId,
      role: 'S',
      position: book.takePosition(),
      line_id: null,
      user: user.name,
      trunk_id: null,
      uri: null,
      peer: peerText(invite.peer),
      sip_call_id: invite.sipCallId,
      started_at: now,
      answered_at: now,
      outcome: 'answered',
      sip_code: 200,
    });
    const seated = conversation.seatSupervisor({ user: user.name, mode, dialog, leg }, row);
    if (!seated) {
      // It is over, or somebody else was quicker.
      await Promise.all([dialog.bye({ q850: 16, text: 'no place in the call' }), leg.close()]);
      return;
    }
    record.note('supervised', `Supervisor ${user.name} joined: ${mode}.`, { supervisor: user.name, mode });
  } catch (error) {
    services.logger.warn({ call: callId, error: errorMessage(error) }, 'supervisor not let in');
    invite.refuse(error instanceof SdpError ? error.sipStatus : 500);
  }
};
