import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOpusChoice, type OpusChoice } from '../../../../src/calls/talk/opus.ts';
import type { Party } from '../../../../src/calls/talk/types.ts';

type Side = {
  readonly party: Party;
  /** What was offered and what came of it. */
  readonly log: string[];
  held: boolean;
  refuse: boolean;
};

const sideOf = (name: 'caller' | 'line', mayTalkOpus = true): Side => {
  let prefers = false;
  const side: Side = { log: [], held: false, refuse: false, party: undefined as unknown as Party };
  const leg = {
    mayTalkOpus,
    get held() {
      return side.held;
    },
    preferOpus(on: boolean) {
      const isNews = on !== prefers && (mayTalkOpus || !on);
      prefers = on;
      return isNews;
    },
    createOffer: () => (prefers ? 'opus' : 'law'),
    acceptAnswer: async (answer: string) => {
      side.log.push(answer);
    },
  };
  const dialog = {
    offer: async (sdp: string) => {
      side.log.push(`offer ${sdp}`);
      if (side.refuse) throw new Error('488');
      return 'answer';
    },
  };
  return Object.assign(side, { party: { side: name, leg, dialog } as unknown as Party });
};

const logger = { debug: () => undefined };
const choiceFor = (seats: () => readonly [Side, Side]): OpusChoice =>
  createOpusChoice({
    callId: 'call',
    logger,
    parties: () => {
      const [caller, line] = seats();
      return [caller.party, line.party];
    },
  });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(2000);

describe('which codec two parties talk', () => {
  it('is Opus where both may, offered once to each', async () => {
    const seats = [sideOf('caller'), sideOf('line')] as const;
    const choice = choiceFor(() => seats);
    choice.look();
    choice.look();
    await settle();
    choice.look();
    await settle();
    for (const { log } of seats) expect(log).toEqual(['offer opus', 'answer']);
  });

  it('is G.711 where one may not, and nobody is asked', async () => {
    const seats = [sideOf('caller'), sideOf('line', false)] as const;
    choiceFor(() => seats).look();
    await settle();
    for (const { log } of seats) expect(log).toEqual([]);
  });

  it('is G.711 again when a telephone takes over', async () => {
    const caller = sideOf('caller');
    let line = sideOf('line');
    const choice = choiceFor(() => [caller, line]);
    choice.look();
    await settle();
    line = sideOf('line', false);
    choice.look();
    await settle();
    expect(caller.log).toEqual(['offer opus', 'answer', 'offer law', 'answer']);
    expect(line.log).toEqual([]);
  });

  it('stays what it is where one refuses, who is not asked again', async () => {
    const seats = [sideOf('caller'), sideOf('line')] as const;
    seats[1].refuse = true;
    const choice = choiceFor(() => seats);
    choice.look();
    await settle();
    for (const again of [false, true]) {
      if (again) choice.look();
      await settle();
      expect(seats[1].log).toEqual(['offer opus']);
      expect(seats[0].log).toEqual(['offer opus', 'answer', 'offer law', 'answer']);
    }
  });

  it('waits while somebody is on hold, and is not chosen after the end', async () => {
    const seats = [sideOf('caller'), sideOf('line')] as const;
    const choice = choiceFor(() => seats);
    seats[0].held = true;
    choice.look();
    await settle();
    expect(seats[0].log).toEqual([]);
    seats[0].held = false;
    choice.look();
    choice.stop();
    await settle();
    expect(seats[0].log).toEqual([]);
  });

  it('is offered when nothing else is', async () => {
    const seats = [sideOf('caller'), sideOf('line')] as const;
    const choice = choiceFor(() => seats);
    const other = choice.inTurn(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5000));
      throw new Error('refused');
    });
    other.catch(() => undefined);
    choice.look();
    await settle();
    expect(seats[0].log).toEqual([]);
    await vi.advanceTimersByTimeAsync(5000);
    await expect(other).rejects.toThrow('refused');
    expect(seats[0].log).toEqual(['offer opus', 'answer']);
  });
});
