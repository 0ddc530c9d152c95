import type { EventDetail, EventType, Ground, Press } from '../button/contract.ts';
import type { CallEnd, CallProblem, CallState } from '../call/contract.ts';
import { BY_PHONE } from './ended.tsx';
import type { Scene } from './view.ts';

/** What a problem with the microphone counts as. */
const MICROPHONE: Partial<Record<CallProblem['type'], EventType>> = {
  'microphone-refused': 'mic_denied',
  'microphone-framed': 'mic_denied',
  'insecure-origin': 'mic_denied',
  'no-microphone': 'mic_missing',
  'microphone-busy': 'mic_busy',
  'microphone-unfit': 'mic_busy',
};

/** Reports what happens to a press; each thing once a call, by what the call says of itself. */
export const createTale = ({ report, flush }: Ground, { id, facts }: Press) => {
  let begun = performance.now();
  let listening = false;
  const told = new Set<string>();
  const tell = (type: EventType, detail?: EventDetail, ms?: number): void =>
    report({
      type,
      button: facts.id,
      press: id,
      ...(ms !== undefined && { ms: Math.max(0, Math.round(ms)) }),
      ...(detail && Object.keys(detail).length > 0 && { detail }),
    });
  const once = (key: string, type: EventType, detail?: EventDetail, ms?: number): void => {
    if (told.has(key)) return;
    told.add(key);
    tell(type, detail, ms);
  };
  const tellMicrophone = ({ phase, problem, listenOnly }: CallState): void => {
    const trouble = problem && MICROPHONE[problem.type];
    if (trouble && phase === 'microphone') once(JSON.stringify(problem), trouble, { why: problem.type });
    const isPast = phase === 'connecting' || phase === 'ringing' || phase === 'talking';
    if (isPast && !problem && !listenOnly && !listening) once('mic', 'mic_granted');
  };
  const tellPhase = ({ phase, connected }: CallState): void => {
    const since = performance.now() - begun;
    if (phase === 'ringing') once('ring', 'ring', undefined, since);
    if (phase === 'talking') once('answer', 'answer', undefined, since);
    if (connected) once('ice', 'ice_ok');
  };
  const tellEnd = ({ answeredAt, connected }: CallState, { reason, code, by }: CallEnd): void => {
    if (told.has('end')) return;
    // Nothing was heard, and the number stands there instead.
    if (!connected && BY_PHONE.includes(reason)) tell('fallback_shown', { why: code || reason });
    // Before the answer it is the signalling that was lost.
    if (reason === 'lost' && answeredAt !== undefined) once('ice', 'ice_failed');
    const seconds = answeredAt === undefined ? 0 : Math.round((Date.now() - answeredAt) / 1000);
    once('end', 'end', { reason: code || reason, by, seconds });
    flush();
  };
  return {
    tell,
    scene: (scene: Scene): void => {
      if (scene.type === 'sheet') tell('confirm_shown');
      if (scene.type === 'offer') tell('fallback_shown', { why: scene.why });
    },
    /** @param since when the visitor pressed or confirmed, `performance.now()` */
    begin: (since: number, microphone: 'ask' | 'none'): void => {
      begun = since;
      listening = microphone === 'none';
      told.clear();
    },
    /** The page before this one has told of the call. */
    resume: (): void => {
      for (const key of ['mic', 'ring', 'answer', 'ice']) told.add(key);
    },
    call: (state: CallState): void => {
      tellMicrophone(state);
      tellPhase(state);
      for (const warning of state.quality?.warnings ?? [])
        once(`warn ${warning}`, 'quality_warning', { warning });
      if (state.end) tellEnd(state, state.end);
    },
    askedBack: (when: 'now' | 'later'): void => tell('callback_asked', { when }),
    dialled: (): void => {
      tell('tel_open');
      flush();
    },
  };
};
