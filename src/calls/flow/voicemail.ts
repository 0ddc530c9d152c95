import { join } from 'node:path';
import { errorMessage } from '../../base/errors.ts';
import { ulid } from '../../base/ids.ts';
import type { FlowAction } from '../../flows/index.ts';
import type { MessageResult } from '../../media/index.ts';
import { answerFirst, type Doing, type Performed } from './stage.ts';

const ENDED_BY = { silence: 'silence', max: 'max', stopped: 'key', closed: 'hangup' } as const;

/** Has the caller leave a message: greeting, beep, recording until silence, a key, the longest time or the hang-up. */
export const takeMessage = async (
  doing: Doing,
  action: Extract<FlowAction, { type: 'voicemail' }>,
): Promise<Performed> => {
  const { services, plan, record, caller, sounds } = doing;
  const { step } = action;
  const greeting = await sounds(step.greeting ?? ['voicemail-greeting']);
  await answerFirst(doing);
  let skipped = false;
  const stopSkipping = caller.keys.onKey(() => {
    skipped = true;
    caller.leg.stopPlaying();
  });
  await Promise.race([caller.play(greeting), caller.stopped]);
  if (step.beep) await Promise.race([caller.play([{ type: 'beep' }]), caller.stopped]);
  stopSkipping();
  if (skipped) record.note('greeting-skipped', 'The caller skipped the greeting.');

  const startedAt = services.now();
  const id = ulid(startedAt);
  const path = join(...new Date(startedAt).toISOString().slice(0, 10).split('-'), `${plan.callId}-${id}.wav`);
  const { silenceSeconds, maxSeconds, minSeconds, box } = step;
  const message = caller.leg.recordMessage({
    path: join(services.recording.directory, path),
    maxMs: maxSeconds * 1000,
    silenceMs: silenceSeconds * 1000,
    minMs: minSeconds * 1000,
  });
  const begun = record.opened.then(() =>
    services.store.voicemail.begin({ id, call_id: plan.callId, box, created_at: startedAt, path }),
  );
  const stopListening = caller.keys.onKey((key) => {
    if (key === '#' || key === '*') message.stop();
  });
  void caller.stopped.then(() => message.stop());
  const ended = await message.result.catch((error: unknown): MessageResult | undefined => {
    services.logger.error({ call: plan.callId, error: errorMessage(error) }, 'message not recorded');
    return undefined;
  });
  stopListening();
  const gone = await Promise.race([caller.stopped, undefined]);
  void keepMessage(doing, { id, box, begun, ended, hungUp: gone !== undefined });
  if (ended?.kept) record.messageLeft();
  if (gone) return { type: 'stopped', stop: gone };
  const by = ended === undefined ? 'failed' : ENDED_BY[ended.endedBy];
  const durationMs = ended?.kept ? ended.durationMs : 0;
  return { type: 'event', event: { type: 'message', durationMs, by: by === 'hangup' ? 'key' : by } };
};

/** Writes what became of a message. A database that fails delays nobody. */
const keepMessage = async (
  { services, plan, record }: Doing,
  message: {
    readonly id: string;
    readonly box: string;
    readonly begun: Promise<void>;
    readonly ended: MessageResult | undefined;
    readonly hungUp: boolean;
  },
): Promise<void> => {
  const { id, box, begun, ended, hungUp } = message;
  try {
    await begun;
    if (ended && !ended.kept) {
      record.note('no-message', 'Nobody spoke after the beep: no message is kept.');
      await services.store.voicemail.remove(id);
      return;
    }
    await services.store.voicemail.complete(id, {
      state: ended ? 'complete' : 'failed',
      duration_ms: ended?.durationMs ?? null,
      speech_ms: ended?.speechMs ?? null,
      bytes: ended?.bytes ?? null,
      sha256: ended?.sha256 ?? null,
      ended_by: ended === undefined ? 'failed' : hungUp ? 'hangup' : ENDED_BY[ended.endedBy],
    });
    if (!ended) return;
    const { callId, facts } = plan;
    const callerHmac = facts.callerKey === callId ? null : facts.callerKey;
    await services.tracking.messageLeft({ id, callId, box, durationMs: ended.durationMs, callerHmac });
  } catch (error) {
    services.logger.error({ call: plan.callId, error: errorMessage(error) }, 'message not noted');
  }
};
