import type { StepOf } from '../../config/index.ts';
import type { MediaSession, Playable } from '../../media/index.ts';
import { serveMedia } from '../serve-media.ts';
import type { AnsweredLine } from './line.ts';

export type Accept = NonNullable<StepOf<'dial'>['accept']>;

/** What who picks up hears before it has the call. */
export type Question = {
  /** Key that takes the call; undefined: picking up does. */
  readonly accept: Accept | undefined;
  readonly whisper: readonly Playable[];
  readonly prompt: readonly Playable[];
};

/**
 * `over`: the call ended or somebody else took it.
 */
export type Verdict = 'confirmed' | 'no-key' | 'hung-up' | 'over';

/** No words for who picks up are longer. */
const LONGEST_WORDS_MS = 60_000;

/** Told in place of words that nobody could make: one more second of nothing would sound like a dead line. */
const SIGN: Playable = { type: 'beep' };

type Dependencies = {
  readonly session: MediaSession;
  readonly answered: AnsweredLine;
  readonly question: Question;
  /** Settles when the line is not wanted any more. */
  readonly over: Promise<unknown>;
};

/**
 * Whispers to the line that has picked up, and waits for its key where one is asked for. A key counts at once; the time for
 * it begins when the words are over. The caller hears nothing of it.
 */
export const confirmLine = async ({ session, answered, question, over }: Dependencies): Promise<Verdict> => {
  const { leg, dialog } = answered;
  const { accept, whisper, prompt } = question;
  let timer: NodeJS.Timeout | undefined;
  let settle: (verdict: Verdict) => void = () => undefined;
  let isOver = false;
  const verdict = new Promise<Verdict>((resolve) => {
    settle = (what) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      resolve(what);
    };
  });
  const allow = (ms: number, what: Verdict): void => {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(() => settle(what), ms);
  };

  const press = (digit: string): void => {
    if (accept?.key === digit) settle('confirmed');
  };
  session.on('dtmf', (from, digit) => {
    if (from === leg) press(digit);
  });
  dialog.onDigit(press);
  leg.listenForTones(accept !== undefined);
  serveMedia(dialog, leg);
  dialog.onHangUp(() => settle('hung-up'));
  void over.then(() => settle('over'));

  const say = async (sounds: readonly Playable[]): Promise<void> => {
    for (const sound of sounds) {
      if (isOver) return;
      await leg.play(sound).catch(() => undefined);
    }
  };
  const talk = async (): Promise<void> => {
    allow(LONGEST_WORDS_MS, accept ? 'no-key' : 'confirmed');
    await say(whisper);
    if (!accept) return settle('confirmed');
    await say(prompt.length > 0 ? prompt : [SIGN]);
    allow(accept.timeoutSeconds * 1000, 'no-key');
  };
  void talk();

  const found = await verdict;
  leg.stopPlaying();
  leg.listenForTones(false);
  dialog.onDigit(() => undefined);
  return found;
};
