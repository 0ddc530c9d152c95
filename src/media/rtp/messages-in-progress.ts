import { errorMessage, FailureError } from '../../base/errors.ts';
import { type MessageRecorder, startMessage } from '../recording/index.ts';
import type { MessageOptions, MessageResult } from '../types.ts';
import type { EdgeLeg } from './leg.ts';

type Running = {
  readonly leg: EdgeLeg;
  readonly recorder: MessageRecorder;
  readonly result: Promise<MessageResult>;
  readonly end: (now: number, by: MessageResult['endedBy']) => void;
};

/** The messages that are recorded in this thread, one a leg. Times are monotonic milliseconds. */
export type Messages = {
  /**
   * Begins one; one that runs ends.
   * @param began its first moment, now or a little while ago
   * @returns what became of it, once it is over
   * @throws FailureError when the file can't be made
   */
  start(leg: EdgeLeg, options: MessageOptions, began: number): Promise<MessageResult>;
  /** @returns once its file is closed; at once where none runs */
  end(leg: string, now: number, by: MessageResult['endedBy']): Promise<unknown> | undefined;
  tick(now: number): void;
};

const failure = (path: string, error: unknown): FailureError =>
  new FailureError(`The message ${path} can't be written: ${errorMessage(error)}`);

export const createMessages = (): Messages => {
  const running = new Map<string, Running>();

  const open = (options: MessageOptions, began: number): MessageRecorder => {
    try {
      return startMessage(options, began);
    } catch (error) {
      throw failure(options.path, error);
    }
  };

  return {
    start(leg, options, began) {
      running.get(leg.id)?.end(began, 'stopped');
      const recorder = open(options, began);
      let settle: (work: Promise<MessageResult>) => void = () => undefined;
      const result = new Promise<MessageResult>((resolve) => {
        settle = resolve;
      });
      const leave = (): void => {
        if (running.get(leg.id) === message) running.delete(leg.id);
        leg.ears.message = undefined;
      };
      const message: Running = {
        leg,
        recorder,
        result,
        end: (now, by) => {
          leave();
          settle(
            recorder.finish(now, by).catch((error: unknown) => {
              throw failure(options.path, error);
            }),
          );
        },
      };
      running.set(leg.id, message);
      leg.ears.message = recorder.packet;
      return result;
    },
    end(leg, now, by) {
      const message = running.get(leg);
      message?.end(now, by);
      return message?.result.catch(() => undefined);
    },
    tick(now) {
      for (const message of running.values()) {
        try {
          const by = message.recorder.tick(now);
          if (by !== undefined) message.end(now, by);
        } catch {
          // A disk that refuses refuses the rest, too, and that is told.
          message.end(now, 'stopped');
        }
      }
    },
  };
};
