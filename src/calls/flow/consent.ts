import { type FlowAction, type FlowEvent, hasAgreed } from '../../flows/index.ts';
import type { Playable } from '../../media/index.ts';
import type { ConsentTable } from '../../store/index.ts';
import type { Doing } from './stage.ts';

type Announcement = Extract<FlowAction, { type: 'consent' }>;
type Consented = Extract<FlowEvent, { type: 'consented' }>;

const resultOf = (action: Announcement, consented: Consented): ConsentTable['result'] => {
  if (!hasAgreed(action, consented)) return 'declined';
  return action.accept === undefined ? 'implied' : 'accepted';
};

/** Keeps the proof of what a caller heard of an announcement and said to it, and tells the flow of it. */
export const noteConsent = async (
  { services, plan, state, record }: Doing,
  action: Announcement,
  heard: { readonly ended: boolean; readonly heardMs: number; readonly key: string | undefined },
  items: readonly Playable[],
): Promise<Consented> => {
  const { ended, heardMs, key } = heard;
  const audio = await services.prompts.fingerprint(items);
  const totalMs = Math.max(heardMs, ended ? 0 : (audio?.durationMs ?? 0));
  const consented: Consented = { type: 'consented', heardMs, totalMs, key };
  record.consented({
    call_id: plan.callId,
    at: services.now(),
    text_id: action.textId,
    audio_sha256: audio?.sha256 ?? null,
    language: state.language,
    heard_ms: heardMs,
    total_ms: totalMs,
    key: key ?? null,
    result: resultOf(action, consented),
  });
  return consented;
};
