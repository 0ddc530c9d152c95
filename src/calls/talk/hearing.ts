import type { MediaLeg } from '../../media/index.ts';
import type { Party, Supervisor } from './types.ts';

/** Who hears whom. */
export type Hearing = readonly (readonly [listener: MediaLeg, speakers: readonly MediaLeg[]])[];

/** Whom a supervisor's whisper is for: the user, and of two users the one who was called. */
export const agentOf = (caller: Party, line: Party): Party =>
  line.user !== undefined || caller.user === undefined ? line : caller;

/** Two talk, of whom one has no seat; the third waits, and a supervisor goes on hearing those who have seats. */
export const asideHearing = (party: MediaLeg, guest: MediaLeg, waiting: MediaLeg): Hearing => [
  [party, [guest]],
  [guest, [party]],
  [waiting, []],
];

/**
 * Caller and line hear each other. A supervisor hears both; is heard by the agent when whispering, by both when in the call.
 */
export const hearingOf = (caller: Party, line: Party, supervisor: Supervisor | undefined): Hearing => {
  if (!supervisor)
    return [
      [caller.leg, [line.leg]],
      [line.leg, [caller.leg]],
    ];
  const { leg, mode } = supervisor;
  const agent = agentOf(caller, line);
  const hears = (party: Party): readonly MediaLeg[] =>
    mode === 'barge' || (mode === 'whisper' && party === agent) ? [leg] : [];
  return [
    [caller.leg, [line.leg, ...hears(caller)]],
    [line.leg, [caller.leg, ...hears(line)]],
    [leg, [caller.leg, line.leg]],
  ];
};
