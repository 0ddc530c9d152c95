import { fileURLToPath } from 'node:url';
import type { MediaLeg, MediaSession } from '../media/index.ts';
import type { SipDialog } from '../sip/index.ts';
import type { CallRecord } from './call-record.ts';
import type { CallerProgress } from './caller-progress.ts';
import type { CallServices, CallStop, DialPlan } from './types.ts';

/** How long the caller's phone may take to dial the code by itself: two pauses of two seconds less what answering took. */
const QUIET_MS = 3000;
/** How long is listened for the code altogether, or after the last key. */
const PATIENCE_MS = 6000;

const CHINESE: readonly (string | undefined)[] = ['CN', 'TW', 'HK', 'MO'];

const prompt = (region: string | undefined): string => {
  const language = CHINESE.includes(region) ? 'zh' : 'en';
  return fileURLToPath(new URL(`../../config/prompts/extension-code.${language}.wav`, import.meta.url));
};

type Dependencies = {
  readonly services: CallServices;
  readonly plan: DialPlan;
  readonly record: CallRecord;
  readonly session: MediaSession;
  readonly leg: MediaLeg;
  /** Our 200 to the caller's INVITE. */
  readonly answer: () => Promise<SipDialog>;
  /** Settles when the call is to end from outside. */
  readonly stopped: Promise<CallStop>;
};

/** A caller who is answered before any line is. */
export type AnsweredCaller = {
  readonly dialog: SipDialog;
  /** What was keyed in; empty when nothing was. */
  readonly digits: string;
  /** Settles when the caller hangs up or the call is to end from outside. */
  readonly stopped: Promise<CallStop>;
  /** What the caller hears while lines ring. */
  readonly progress: CallerProgress;
};

/**
 * Answers the caller and listens for the extension code that the page showed with the number. Phones that dialled
 * `tel:…,,4821` send it by themselves; whoever dialled by hand is asked for it after 3 s, and may stay on the line.
 *
 * @param count digits of a code
 * @throws Error when the caller can't be answered
 */
export const askForCode = async (deps: Dependencies, count: number): Promise<AnsweredCaller> => {
  const { plan, record, session, leg } = deps;
  const dialog = await deps.answer();
  record.note('answered-for-code', `Answered, to listen for an extension code of ${count} digits.`);
  const stopped = untilGone(dialog, deps.stopped);
  dialog.onMedia({
    receiveOffer: (offer) => leg.acceptOffer(offer),
    makeOffer: () => leg.createOffer(),
    receiveAnswer: (answer) => leg.acceptAnswer(answer),
  });
  const digits = await listen({ session, leg, dialog, stopped, count, region: plan.region });
  leg.stopPlaying();
  dialog.onDigit(() => undefined);
  return { dialog, digits, stopped, progress: answeredProgress(deps) };
};

const untilGone = (dialog: SipDialog, stopped: Promise<CallStop>): Promise<CallStop> =>
  Promise.race([
    stopped,
    new Promise<CallStop>((resolve) => {
      dialog.onHangUp(({ q850 }) =>
        resolve({
          by: 'caller',
          reason: 'the caller hung up before a line answered',
          q850: q850 ?? 16,
          cancelled: true,
        }),
      );
    }),
  ]);

type Listening = {
  readonly session: MediaSession;
  readonly leg: MediaLeg;
  readonly dialog: SipDialog;
  readonly stopped: Promise<CallStop>;
  readonly count: number;
  readonly region: string | undefined;
};

/** Collects digits until there are enough, nobody presses a key any more, or the call ends. */
const listen = ({ session, leg, dialog, stopped, count, region }: Listening): Promise<string> =>
  new Promise((resolve) => {
    let digits = '';
    let over = false;
    const finish = (): void => {
      over = true;
      clearTimeout(asking);
      clearTimeout(waiting);
      resolve(digits);
    };
    const asking = setTimeout(() => {
      if (digits === '') void leg.play({ type: 'file', path: prompt(region) }).catch(() => undefined);
    }, QUIET_MS);
    let waiting = setTimeout(finish, QUIET_MS + PATIENCE_MS);
    const press = (digit: string): void => {
      if (over || !/^[0-9#]$/.test(digit)) return;
      if (digits === '') leg.stopPlaying();
      if (digit !== '#') digits += digit;
      clearTimeout(waiting);
      if (digit === '#' || digits.length >= count) finish();
      else waiting = setTimeout(finish, PATIENCE_MS);
    };
    session.on('dtmf', (from, digit) => {
      if (from === leg) press(digit);
    });
    dialog.onDigit(press);
    void stopped.then(finish);
  });

/** The caller's network is switched through already: what is to be heard is audio. */
const answeredProgress = ({ plan, session, leg, services }: Dependencies): CallerProgress => {
  let ringing = false;
  return {
    ringing: () => {
      if (ringing) return;
      ringing = true;
      services.logger.debug({ call: plan.callId }, 'ringback is played to the answered caller');
      void leg.play({ type: 'ringback', ...(plan.region && { region: plan.region }) }).catch(() => undefined);
    },
    earlyMedia: (line) => {
      ringing = false;
      leg.stopPlaying();
      session.bridge(leg, line);
    },
  };
};
