import { fileURLToPath } from 'node:url';
import { type CallerSide, gather } from './flow/index.ts';
import type { CallRecord } from './record/index.ts';

/** How long the caller's phone may take to dial the code by itself: two pauses of two seconds less what answering took. */
const QUIET_S = 3;
/** How long is waited after the prompt. */
const PATIENCE_MS = 3000;
/** How long is waited after a key. */
const BETWEEN_MS = 6000;

const CHINESE: readonly (string | undefined)[] = ['CN', 'TW', 'HK', 'MO'];

const prompt = (region: string | undefined): string => {
  const language = CHINESE.includes(region) ? 'zh' : 'en';
  return fileURLToPath(new URL(`../../config/prompts/extension-code.${language}.wav`, import.meta.url));
};

/**
 * Answers the caller and listens for the extension code that the page showed with the number. Phones that dialled
 * `tel:…,,4821` send it by themselves; whoever dialled by hand is asked for it after 3 s, and may stay on the line.
 *
 * @param count digits of a code
 * @returns what was keyed in; empty when nothing was
 * @throws Error when the caller can't be answered
 */
export const askForCode = async (
  caller: CallerSide,
  record: CallRecord,
  { count, region }: { readonly count: number; readonly region: string | undefined },
): Promise<string> => {
  await caller.answer();
  record.note('answered-for-code', `Answered, to listen for an extension code of ${count} digits.`);
  const asked = await gather(
    {
      keys: caller.keys,
      ask: () =>
        caller.play([
          { type: 'silence', seconds: QUIET_S },
          { type: 'file', path: prompt(region) },
        ]),
      stopAsking: caller.progress.silence,
      stopped: caller.stopped,
    },
    {
      min: 0,
      max: count,
      end: '#',
      timeoutMs: PATIENCE_MS,
      betweenMs: BETWEEN_MS,
      bargeIn: true,
      typeAhead: true,
      sensitive: false,
    },
  );
  return asked.digits.replace(/\D/g, '');
};
