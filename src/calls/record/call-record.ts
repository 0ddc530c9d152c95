import type { Logger } from '../../base/logger.ts';
import type { CallScore } from '../../config/index.ts';
import type { PathEntry } from '../../flows/index.ts';
import type {
  CallEventTable,
  CallPatch,
  CallRepository,
  CallStepTable,
  ConsentTable,
  NewCall,
  NewRecording,
  NewWebCall,
  RecordingEnd,
} from '../../store/index.ts';
import { createWriter } from '../writer.ts';
import type { LegRecord } from './legs.ts';

/** A call record while the call goes on. A database that fails delays its writes, never the call. */
export type CallRecord = {
  readonly id: string;
  /** The record stands in the database, or was given up. */
  readonly opened: Promise<void>;
  /** Notes a decision or a happening, with its reason. */
  note(type: string, text: string, detail?: Record<string, unknown>): void;
  /** Notes that the call was answered, and the recording that begins then. */
  answered(patch: CallPatch, recording: NewRecording | undefined): void;
  /** Fills in what became known of the source after the beginning. */
  attributed(patch: CallPatch): void;
  /**
   * Notes steps of the call's flow as they are passed.
   *
   * @param atOnce written now, so that a crash leaves the way so far; else with the end of the call
   */
  passed(path: readonly PathEntry[], atOnce: boolean): void;
  /** Keeps the proof of an announcement, at once. */
  consented(consent: Omit<ConsentTable, 'seq'>): void;
  /** The caller waited in a queue. */
  queued(queue: string, waitedMs: number): void;
  /** The caller left a message. */
  messageLeft(): void;
  /** The line said what the call was worth. */
  scored(score: CallScore): void;
  /** Ends the record; later calls do nothing. Resolves when it is written or given up. */
  complete(
    end: CallPatch,
    legs: readonly LegRecord[],
    more?: {
      readonly recording?: (RecordingEnd & { readonly id: string }) | undefined;
      readonly tags?: readonly string[] | undefined;
      /** When the first line rang, for what a call button brought; milliseconds since the epoch. */
      readonly rangAt?: number | undefined;
    },
  ): Promise<void>;
};

type Dependencies = { readonly calls: CallRepository; readonly logger: Logger; readonly now: () => number };

/**
 * Opens the call record. It stands when this resolves, before the first response leaves, unless the database refuses or is
 * held for longer than a call can wait: then it is written behind the call.
 */
export const openCallRecord = async (
  { calls, logger, now }: Dependencies,
  call: NewCall,
  firstNotes: readonly { type: string; text: string; detail?: Record<string, unknown> }[],
  web?: NewWebCall,
): Promise<{ record: CallRecord; priorCalls: number | null }> => {
  const writer = createWriter(call.id, logger);
  let written = 0;
  let consents = 0;
  let queueMs = 0;
  const steps: CallStepTable[] = [];
  let pending: CallEventTable[] = [];
  let completed: Promise<void> | undefined;
  let priorCalls: number | null = null;

  const note: CallRecord['note'] = (type, text, detail = {}) => {
    pending.push({
      call_id: call.id,
      seq: written + pending.length,
      at: now(),
      type,
      text,
      detail: JSON.stringify(detail),
    });
  };
  const takeNotes = (): CallEventTable[] => {
    const notes = pending;
    written += notes.length;
    pending = [];
    return notes;
  };

  for (const first of firstNotes) note(first.type, first.text, first.detail);
  const openingNotes = takeNotes();
  const opened = writer.write('beginning of the call', async () => {
    ({ priorCalls } = await calls.open(call, openingNotes, web));
  });
  await opened.tried;

  const record: CallRecord = {
    id: call.id,
    opened: opened.settled,
    note,
    answered: (patch, recording) =>
      void writer.write('answer of the call', () => calls.update(call.id, patch, recording)),
    attributed: (patch) => void writer.write('source of the call', () => calls.update(call.id, patch)),
    passed: (path, atOnce) => {
      const rows = path.map(
        (
          { step, kind, at, input = null, exit = null, to: next_step = null, text },
          index,
        ): CallStepTable => ({
          call_id: call.id,
          seq: steps.length + index,
          at,
          step,
          kind,
          input,
          exit,
          next_step,
          text,
        }),
      );
      steps.push(...rows);
      if (atOnce && rows.length > 0) void writer.write('steps of the call', () => calls.passed(rows));
    },
    consented: (consent) => {
      const seq = consents;
      consents += 1;
      void writer.write('consent of the caller', () => calls.consented({ ...consent, seq }));
    },
    queued: (queue, waitedMs) => {
      queueMs += Math.round(waitedMs);
      const queue_ms = queueMs;
      void writer.write('wait of the caller', () => calls.update(call.id, { queue, queue_ms }));
    },
    scored: (score) => void writer.write('score of the call', () => calls.update(call.id, { score })),
    messageLeft: () =>
      void writer.write('message of the caller', () => calls.update(call.id, { voicemail: 1 })),
    complete: (end, legs, { recording, tags = [], rangAt } = {}) => {
      if (completed) return completed;
      const notes = takeNotes();
      completed = writer.write('end of the call', () =>
        calls.complete(call.id, end, legs, notes, { recording, steps, tags, rangAt: web && rangAt }),
      ).settled;
      return completed;
    },
  };
  return { record, priorCalls };
};
