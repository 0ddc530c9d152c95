import { describe, expect, it } from 'vitest';
import { hearingOf } from '../../../../src/calls/talk/hearing.ts';
import type { Party, Supervisor } from '../../../../src/calls/talk/types.ts';
import type { SupervisionMode } from '../../../../src/calls/types.ts';

const party = (side: Party['side'], user?: string): Party =>
  ({ side, user, leg: { id: side } }) as unknown as Party;
const supervisor = (mode: SupervisionMode): Supervisor =>
  ({ user: 'eve', mode, leg: { id: 'supervisor' } }) as unknown as Supervisor;

/** Who hears whom, by name. */
const heard = (caller: Party, line: Party, by?: Supervisor): Record<string, string> =>
  Object.fromEntries(
    hearingOf(caller, line, by).map(([listener, speakers]) => [
      listener.id,
      speakers.map(({ id }) => id).join(' '),
    ]),
  );

describe('who hears whom', () => {
  const [caller, agent] = [party('caller'), party('line', 'alice')];

  it('caller and line each other', () => {
    expect(heard(caller, agent)).toEqual({ caller: 'line', line: 'caller' });
  });

  it('a listening supervisor hears both and is heard by none', () => {
    expect(heard(caller, agent, supervisor('listen'))).toEqual({
      caller: 'line',
      line: 'caller',
      supervisor: 'caller line',
    });
  });

  it('a whisper is for the agent alone, on whichever side', () => {
    expect(heard(caller, agent, supervisor('whisper'))).toMatchObject({
      caller: 'line',
      line: 'caller supervisor',
    });
    expect(heard(party('caller', 'alice'), party('line'), supervisor('whisper'))).toMatchObject({
      caller: 'line supervisor',
      line: 'caller',
    });
  });

  it('of two users the one who was called is the agent', () => {
    expect(heard(party('caller', 'alice'), party('line', 'bob'), supervisor('whisper'))).toMatchObject({
      caller: 'line',
      line: 'caller supervisor',
    });
  });

  it('whoever barges in is heard by all', () => {
    expect(heard(caller, agent, supervisor('barge'))).toEqual({
      caller: 'line supervisor',
      line: 'caller supervisor',
      supervisor: 'caller line',
    });
  });
});
