import { beginFlow } from '../interpret.ts';
import { createResponder } from '../simulate/index.ts';
import type { Flow, FlowAction, FlowEvent } from '../types.ts';
import { type Branch, close, type Explorer, goOn, isBeginning, type Way } from './branch.ts';
import type { History, Shares } from './history.ts';
import { hasTargets, ringChances } from './people.ts';
import type { PastCall } from './types.ts';

type Action = Exclude<FlowAction, { type: 'hangup' }>;
type ActionOf<Type extends Action['type']> = Extract<Action, { type: Type }>;

/** Ways that are followed at most; the likeliest, for what is left over is counted as unknown. */
const MOST_TURNS = 400;
const LEAST_WEIGHT = 0.001;

/** What the caller pressed at this step and this asking of it, or what callers press there; the path hides secret digits. */
const pressed = ({ call, history }: Explorer, step: string, asking: number): Shares | undefined => {
  const own = call.path.filter((entry) => entry.step === step)[asking];
  if (own) return [[(own.input ?? '').replaceAll('•', '0'), 1]];
  return history.inputs(step)?.map(([input, share]) => [input.replaceAll('•', '0'), share]);
};

const ask = (explorer: Explorer, branch: Branch, action: ActionOf<'gather' | 'consent'>): void => {
  const { flow, call, history } = explorer;
  const { state } = branch.advance;
  const step = state.at ?? '';
  const asking = branch.asked.get(step) ?? 0;
  if (branch.same && call.gaveUp && branch.path.length === call.path.length) {
    // Here the caller hung up.
    close(explorer, branch, 'lost', { ms: Math.max(0, call.waitMs - (branch.at - call.at)) });
    return;
  }
  const shares = pressed(explorer, step, asking);
  if (shares === undefined) {
    const why = `Nobody knows what callers press at ${step}: it was not asked before.`;
    close(explorer, branch, 'unknown', { why });
    return;
  }
  const asked = new Map(branch.asked).set(step, asking + 1);
  for (const [keys, share] of shares) {
    const scenario = {
      facts: call.facts,
      at: branch.at,
      answers: NOBODY,
      decisions: NOBODY,
      lineRingMs: NOBODY,
      promptMs: NOBODY,
      keys: () => keys,
    };
    const { ms, result } = createResponder(flow, scenario)(action, state);
    if (!('event' in result)) continue;
    goOn(explorer, branch, result.event, ms, {
      weight: branch.weight * share,
      asked,
      estimated: branch.estimated || (shares.length > 1 && history.inputs(step) !== undefined),
    });
  }
};

const NOBODY: ReadonlyMap<string, never> = new Map<string, never>();

/** The caller was gone after so long; nobody knows how long the others would have waited. */
const patienceOf = ({ call }: Explorer): number => (call.gaveUp ? call.waitMs : Number.POSITIVE_INFINITY);

const dial = (explorer: Explorer, branch: Branch, action: ActionOf<'dial'>): void => {
  const { call, history, lineRingMs } = explorer;
  const chances = ringChances(action, call, history, lineRingMs);
  const left = patienceOf(explorer) - (branch.at - call.at);
  const { estimated } = chances;
  if (chances.answerMs > left) {
    close(explorer, branch, 'lost', {
      ms: Math.max(0, left),
      estimated,
      weight: branch.weight * chances.answered,
    });
  } else {
    close(explorer, branch, 'answered', {
      ms: chances.answerMs,
      estimated,
      weight: branch.weight * chances.answered,
    });
  }
  const strangers = chances.strangers.join(', ');
  const why = `Nobody knows whether ${strangers} would have answered: too few calls rang there.`;
  close(explorer, branch, 'unknown', { weight: branch.weight * chances.unknown, why, estimated });
  if (chances.not <= 0) return;
  const weight = branch.weight * chances.not;
  if (chances.notMs > left) {
    close(explorer, branch, 'lost', { ms: Math.max(0, left), estimated, weight });
    return;
  }
  const event: FlowEvent = { type: 'not-reached', why: chances.why, tried: chances.tried };
  goOn(explorer, branch, event, chances.notMs, { weight, estimated: branch.estimated || estimated });
};

const QUEUE_EXITS: Readonly<Record<string, LeftWhy>> = {
  exit: 'exit-key',
  full: 'full',
  empty: 'empty',
  next: 'timeout',
};
type LeftWhy = Extract<FlowEvent, { type: 'left-queue' }>['why'];

const isWhy = (text: string | undefined): text is LeftWhy =>
  Object.values(QUEUE_EXITS).some((why) => why === text);

const leaveQueue = (
  explorer: Explorer,
  branch: Branch,
  why: LeftWhy,
  ms: number,
  more: Partial<Branch> = {},
): void => goOn(explorer, branch, { type: 'left-queue', why, waitedMs: Math.round(ms) }, ms, more);

/** A queue that this call did not stand in: as others fared there. */
const queueAsOthers = (explorer: Explorer, branch: Branch, action: ActionOf<'queue'>): void => {
  const { history } = explorer;
  const step = branch.advance.state.at ?? '';
  const shares = history.exits(step);
  if (shares === undefined) {
    const why = `Nobody knows how long callers would wait at ${step}: too few stood in this queue.`;
    close(explorer, branch, 'unknown', { why });
    return;
  }
  const most = action.step.maxWaitSeconds * 1000;
  const ms = Math.min(history.queueMs(), most);
  const left = patienceOf(explorer) - (branch.at - explorer.call.at);
  for (const [exit, share] of shares) {
    const weight = branch.weight * share;
    if (exit === 'answered' || exit === 'hung-up') {
      const outcome = exit === 'answered' && ms <= left ? 'answered' : 'lost';
      close(explorer, branch, outcome, { weight, ms: Math.max(0, Math.min(ms, left)), estimated: true });
      continue;
    }
    const why = QUEUE_EXITS[exit] ?? 'timeout';
    leaveQueue(explorer, branch, why, why === 'timeout' ? most : ms, { weight, estimated: true });
  }
};

const queue = (explorer: Explorer, before: Branch, action: ActionOf<'queue'>): void => {
  const { call } = explorer;
  const branch = { ...before, queued: true };
  const { step } = action;
  const most = step.maxWaitSeconds * 1000;
  if (!hasTargets(action)) {
    if (step.empty === undefined) leaveQueue(explorer, branch, 'timeout', most);
    else leaveQueue(explorer, branch, 'empty', 0);
    return;
  }
  const ownMs = call.queue?.group === step.group ? call.queue.ms : undefined;
  const own = call.path.find((entry) => entry.step === branch.advance.state.at);
  if (ownMs !== undefined && own && isWhy(own.input)) {
    leaveQueue(explorer, branch, own.input, own.input === 'timeout' ? most : Math.min(ownMs, most));
  } else if (ownMs !== undefined && call.outcome !== 'voicemail') {
    const left = patienceOf(explorer) - (branch.at - call.at);
    const outcome = call.outcome === 'answered' ? 'answered' : 'lost';
    close(explorer, branch, outcome, { ms: Math.max(0, Math.min(ownMs, left)) });
  } else queueAsOthers(explorer, branch, action);
};

const decide = (explorer: Explorer, branch: Branch): void => {
  const { call, history } = explorer;
  const step = branch.advance.state.at ?? '';
  const own = call.path.find((entry) => entry.step === step);
  const shares: Shares | undefined = own ? [[own.exit ?? 'otherwise', 1]] : history.exits(step);
  if (shares === undefined) {
    close(explorer, branch, 'unknown', { why: `Nobody knows what the address of ${step} would have said.` });
    return;
  }
  for (const [exit, share] of shares) {
    const failure = exit === 'otherwise' ? 'it did not decide' : undefined;
    const decided = failure === undefined ? exit : undefined;
    const event: FlowEvent = { type: 'decided', exit: decided, variables: {}, tags: [], failure, tookMs: 0 };
    goOn(explorer, branch, event, 0, {
      weight: branch.weight * share,
      estimated: branch.estimated || own === undefined,
    });
  }
};

/** Share of callers who leave a message where they are asked for one: this one's own doing, else everybody's. */
const messageRateOf = ({ call, history }: Explorer): { readonly rate: number; readonly own: boolean } => {
  const own = call.path.some(({ kind }) => kind === 'voicemail');
  if (own) return { rate: call.outcome === 'voicemail' ? 1 : 0, own };
  if (call.gaveUp) return { rate: 0, own: true };
  return { rate: history.messageRate() ?? 1, own };
};

const step = (explorer: Explorer, branch: Branch): void => {
  const { action, state } = branch.advance;
  switch (action.type) {
    case 'hangup':
      close(explorer, branch, 'voicemail', { weight: branch.weight * branch.messageRate });
      close(explorer, branch, 'lost', { weight: branch.weight * (1 - branch.messageRate) });
      return;
    case 'gather':
    case 'consent':
      ask(explorer, branch, action);
      return;
    case 'dial':
      dial(explorer, branch, action);
      return;
    case 'queue':
      queue(explorer, branch, action);
      return;
    case 'decide':
      decide(explorer, branch);
      return;
    default: {
      const { facts } = explorer.call;
      const scenario = {
        facts,
        at: branch.at,
        answers: NOBODY,
        decisions: NOBODY,
        lineRingMs: NOBODY,
        promptMs: NOBODY,
        keys: [],
      };
      const { ms, result } = createResponder(explorer.flow, scenario)(action, state);
      if (!('event' in result)) return;
      const message = action.type === 'voicemail' ? messageRateOf(explorer) : undefined;
      goOn(explorer, branch, result.event, ms, {
        ...(message && {
          messageRate: Math.max(branch.messageRate, message.rate),
          estimated: branch.estimated || !message.own,
        }),
      });
    }
  }
};

/**
 * All ways that a past call may have gone on a flow, with their probabilities, which sum to 1. What the call itself did is
 * certain; what it did not come to is guessed from other calls, and where they tell nothing the way ends as `unknown`.
 */
export const exploreCall = (
  flow: Flow,
  call: PastCall,
  history: History,
  lineRingMs: { get(name: string): number | undefined },
): readonly Way[] => {
  const advance = beginFlow(flow, call.facts, call.at);
  const first: Branch = {
    advance,
    at: call.at,
    weight: 1,
    path: advance.path,
    same: isBeginning(advance.path, call.path),
    queued: false,
    estimated: false,
    messageRate: 0,
    asked: new Map(),
  };
  const explorer: Explorer = { flow, call, history, lineRingMs, open: [first], ways: [] };
  for (let turns = 0; ; turns += 1) {
    const branch = explorer.open.pop();
    if (branch === undefined) break;
    if (turns >= MOST_TURNS || branch.weight < LEAST_WEIGHT) {
      close(explorer, branch, 'unknown', { why: 'Some calls have too many ways to go.' });
    } else step(explorer, branch);
  }
  return explorer.ways;
};
