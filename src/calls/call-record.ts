import { errorMessage } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { CallEventTable, CallPatch, CallRepository, LegTable, NewCall } from '../store/index.ts';

const RETRY_AFTER_MS = [200, 1000, 5000, 15_000, 60_000, 60_000, 60_000];

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });

/** A call record while the call goes on. A database that fails delays its writes, never the call. */
export type CallRecord = {
  readonly id: string;
  /** Notes a decision or a happening, with its reason. */
  note(type: string, text: string, detail?: Record<string, unknown>): void;
  update(patch: CallPatch): void;
  /** Ends the record; later calls do nothing. Resolves when it is written or given up. */
  complete(end: CallPatch, legs: readonly LegTable[]): Promise<void>;
};

type Dependencies = { readonly calls: CallRepository; readonly logger: Logger; readonly now: () => number };

/**
 * Opens the call record. The first write has been tried when this resolves, so that the record stands before the first
 * response leaves; if the database refused, it is tried again behind the call.
 */
export const openCallRecord = async (
  { calls, logger, now }: Dependencies,
  call: NewCall,
  firstNotes: readonly { type: string; text: string; detail?: Record<string, unknown> }[],
): Promise<{ record: CallRecord; priorCalls: number | null }> => {
  let written = 0;
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

  /** Every write waits for the one before it, so that the record never runs ahead of its own beginning. */
  let last: Promise<void> = Promise.resolve();
  const write = (what: string, run: () => Promise<void>): Promise<void> => {
    let firstTry: () => void = () => undefined;
    const tried = new Promise<void>((resolve) => {
      firstTry = resolve;
    });
    last = last.then(async () => {
      for (const wait of [...RETRY_AFTER_MS, undefined]) {
        try {
          await run();
          firstTry();
          return;
        } catch (error) {
          logger.error(
            { call: call.id, error: errorMessage(error) },
            `call record not ${what}${wait ? ', trying again' : ''}`,
          );
          firstTry();
          if (wait === undefined) return;
          await sleep(wait);
        }
      }
    });
    return tried;
  };

  for (const first of firstNotes) note(first.type, first.text, first.detail);
  const openingNotes = takeNotes();
  await write('opened', async () => {
    ({ priorCalls } = await calls.open(call, openingNotes));
  });

  const record: CallRecord = {
    id: call.id,
    note,
    update: (patch) => void write('updated', () => calls.update(call.id, patch)),
    complete: (end, legs) => {
      if (completed) return completed;
      const notes = takeNotes();
      void write('completed', () => calls.complete(call.id, end, legs, notes));
      completed = last;
      return completed;
    },
  };
  return { record, priorCalls };
};
