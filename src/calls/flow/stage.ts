import type { Sound } from '../../config/index.ts';
import type { FlowEvent, FlowState } from '../../flows/index.ts';
import type { MediaSession, Playable } from '../../media/index.ts';
import type { CallRecord, LegBook } from '../record/index.ts';
import type { AnsweredLine, CallFailure } from '../ring/index.ts';
import type { CallServices, CallStop, DialPlan } from '../types.ts';
import type { CallerSide } from './caller.ts';

/** What the actions of a flow work on. */
export type Stage = {
  readonly services: CallServices;
  readonly plan: DialPlan;
  readonly session: MediaSession;
  readonly record: CallRecord;
  readonly book: LegBook;
  readonly caller: CallerSide;
  /** The call was answered: what follows an answer in any case, such as a recording from then on. */
  readonly onAnswered: () => void;
  /** Keeps both sides out of the recording. */
  readonly pauseRecording: (paused: boolean) => void;
};

/** What comes of an action. */
export type Performed =
  | { readonly type: 'event'; readonly event: FlowEvent; readonly failure?: CallFailure }
  /** Somebody talks to the caller: the flow is over. */
  | { readonly type: 'answered'; readonly answered: AnsweredLine; readonly sounds: Sounds }
  | { readonly type: 'stopped'; readonly stop: CallStop };

/** What a flow plays, as audio, in the call's language. */
export type Sounds = (sounds: readonly Sound[]) => Promise<readonly Playable[]>;

/** One action of a flow as it is carried out. */
export type Doing = Stage & { readonly state: FlowState; readonly sounds: Sounds };

/** Answers the call, if it has not been. */
export const answerFirst = async ({ caller, onAnswered }: Stage): Promise<void> => {
  if (caller.dialog) return;
  await caller.answer();
  caller.progress.silence();
  onAnswered();
};
