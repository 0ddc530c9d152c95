import type { CallScore } from '../../config/index.ts';
import type { MediaSession } from '../../media/index.ts';
import type { CallRecord } from '../record/index.ts';
import type { CallPlan, CallServices, CallStop } from '../types.ts';
import type { Party } from './types.ts';

type Dependencies = {
  readonly services: CallServices;
  readonly plan: CallPlan;
  readonly record: CallRecord;
  readonly session: MediaSession;
  /** Settles when the call is to end from outside. */
  readonly stopped: Promise<CallStop>;
};

/** Whether the line is to be asked how the call was, now that the caller has hung up. */
export const mayBeScored = (
  { services, plan }: Pick<Dependencies, 'services' | 'plan'>,
  line: Party,
): boolean => services.features.score.enabled && plan.origin.type !== 'user' && !line.leg.held;

/** Asks the line how the call was. Resolves when it has said so, hung up, or the time is over; never rejects. */
export const askForScore = async (deps: Dependencies, line: Party): Promise<void> => {
  const { services, plan, record, session } = deps;
  const { keys, timeoutSeconds } = services.features.score;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  let settle: (score: CallScore | undefined) => void = () => undefined;
  const pressed = new Promise<CallScore | undefined>((resolve) => {
    settle = resolve;
  });
  const press = (key: string): void => {
    const score = keys[key];
    if (score !== undefined) settle(score);
  };
  session.on('dtmf', (leg, key) => {
    if (leg === line.leg) press(key);
  });
  session.on('lost', (leg) => {
    if (leg === line.leg) settle(undefined);
  });
  line.dialog.onDigit(press);
  line.dialog.onHangUp(() => settle(undefined));
  void deps.stopped.then(() => settle(undefined));
  line.leg.listenForTones(true);

  const { language } = plan.flow.definition.flow;
  const items = await services.prompts.resolve(['score-prompt'], {
    language,
    values: {},
    region: plan.region,
  });
  const asked = line.leg.play({ type: 'sequence', items }).catch(() => undefined);
  // The time runs from the end of the question; a key may come before.
  void asked.then(() => {
    if (over) return;
    timer = setTimeout(() => settle(undefined), timeoutSeconds * 1000);
  });
  const score = await pressed;
  over = true;
  clearTimeout(timer);
  line.leg.stopPlaying();
  if (score === undefined) return;
  const who = line.user ?? `Line ${line.row.line_id ?? ''}`.trim();
  record.note('scored', `${who} scored the call as ${score}.`, { score, by: who });
  record.scored(score);
};
