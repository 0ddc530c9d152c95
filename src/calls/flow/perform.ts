import { type FlowAction, type FlowEvent, type FlowState, templateValues } from '../../flows/index.ts';
import { ring, waitInQueue } from '../ring/index.ts';
import { noteConsent } from './consent.ts';
import { askForDecision } from './decide.ts';
import { gather } from './gather.ts';
import { answerFirst, type Doing, type Performed, type Sounds, type Stage } from './stage.ts';
import { takeMessage } from './voicemail.ts';

const event = (what: FlowEvent): Performed => ({ type: 'event', event: what });

const play = async (doing: Doing, action: Extract<FlowAction, { type: 'play' }>): Promise<Performed> => {
  const { caller, sounds } = doing;
  const items = await sounds(action.sounds);
  if (!action.early) await answerFirst(doing);
  else if (!caller.progress.openEarly()) return event({ type: 'played', heardMs: 0 });
  caller.progress.silence();
  let key: string | undefined;
  const listen = (): (() => void) =>
    caller.keys.onKey((pressed) => {
      key ??= pressed;
      caller.leg.stopPlaying();
    });
  const stopListening = action.bargeIn ? listen() : () => undefined;
  const { heardMs } = await Promise.race([
    // A key that was pressed ahead is an answer already.
    key === undefined ? caller.play(items, action.times) : { heardMs: 0 },
    caller.stopped.then(() => ({ heardMs: 0 })),
  ]);
  stopListening();
  if (key !== undefined) caller.keys.unread(key);
  return event({ type: 'played', heardMs, key });
};

const ask = async (doing: Doing, action: Extract<FlowAction, { type: 'gather' }>): Promise<Performed> => {
  const { caller, sounds, pauseRecording } = doing;
  const items = await sounds([...action.before, ...action.sounds]);
  await answerFirst(doing);
  if (action.sensitive) pauseRecording(true);
  const gathered = await gather(
    {
      keys: caller.keys,
      ask: () => caller.play(items),
      stopAsking: caller.progress.silence,
      stopped: caller.stopped,
    },
    action,
  );
  if (action.sensitive) pauseRecording(doing.state.record === false);
  return event(gathered);
};

const consent = async (
  doing: Doing,
  action: Extract<FlowAction, { type: 'consent' }>,
): Promise<Performed> => {
  const { caller, sounds } = doing;
  const items = await sounds(action.sounds);
  await answerFirst(doing);
  const known = [action.accept, action.decline].filter((key) => key !== undefined);
  let heardMs = 0;
  let ended = false;
  let key: string | undefined;
  let done: () => void = () => undefined;
  const pressed = new Promise<void>((resolve) => {
    done = resolve;
  });
  caller.keys.forget();
  const stopListening = caller.keys.onKey((which) => {
    if (key !== undefined || !known.includes(which)) return;
    key = which;
    done();
  });
  const heard = caller.play(items).then((played) => {
    ({ heardMs, ended } = played);
  });
  await Promise.race([heard, pressed, caller.stopped]);
  if (key === undefined && known.length > 0) await patience(action.timeoutMs, [pressed, caller.stopped]);
  caller.progress.silence();
  await heard;
  stopListening();
  return event(await noteConsent(doing, action, { ended, heardMs, key }, items));
};

const patience = async (ms: number, sooner: readonly Promise<unknown>[]): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([late, ...sooner]);
  clearTimeout(timer);
};

const dial = async (doing: Doing, action: Extract<FlowAction, { type: 'dial' }>): Promise<Performed> => {
  const { services, plan, session, record, book, caller, sounds } = doing;
  const { progress, stopped } = caller;
  const dialled = await ring({ services, plan, session, record, book, progress, stopped, action, sounds });
  if (dialled.type === 'failed') {
    const { failure, why, tried } = dialled;
    return { type: 'event', event: { type: 'not-reached', why, tried }, failure };
  }
  return dialled.type === 'answered' ? { ...dialled, sounds } : dialled;
};

const queue = async (doing: Doing, action: Extract<FlowAction, { type: 'queue' }>): Promise<Performed> => {
  const { services, plan, session, record, book, caller, sounds } = doing;
  const { language } = doing.state;
  await answerFirst(doing);
  const { progress, stopped, keys } = caller;
  const left = await waitInQueue({
    services,
    plan,
    session,
    record,
    book,
    caller,
    progress,
    stopped,
    action,
    sounds,
    keys,
    language,
  });
  const { group } = action.step;
  record.queued(group, left.waitedMs);
  switch (left.type) {
    case 'left':
      return event({ type: 'left-queue', why: left.why, waitedMs: left.waitedMs });
    case 'answered':
      return { type: 'answered', answered: left.answered, sounds };
    case 'stopped':
      return left;
  }
};

/** Does one action of a flow. Rejects only when the caller is gone in the moment of the answer. */
export const perform = async (
  stage: Stage,
  state: FlowState,
  action: Exclude<FlowAction, { type: 'hangup' }>,
): Promise<Performed> => {
  const { services, plan, caller } = stage;
  const { language } = state;
  const sounds: Sounds = (all) =>
    services.prompts.resolve(all, {
      language,
      values: templateValues(plan.facts, state),
      region: plan.region,
    });
  const doing: Doing = { ...stage, state, sounds };
  switch (action.type) {
    case 'answer':
      await answerFirst(stage);
      return event({ type: 'answered' });
    case 'play':
      return play(doing, action);
    case 'gather':
      return ask(doing, action);
    case 'consent':
      return consent(doing, action);
    case 'dial':
      return dial(doing, action);
    case 'queue':
      return queue(doing, action);
    case 'voicemail':
      return takeMessage(doing, action);
    case 'decide': {
      const hidden = new Set(state.sensitive);
      const shown = Object.entries(state.variables).filter(([name]) => !hidden.has(name));
      caller.progress.ringing();
      return event(await askForDecision(action, plan.facts, Object.fromEntries(shown)));
    }
  }
};
