import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createQueueRooms } from '../../../../src/calls/agents/queue-rooms.ts';

const DESK = { id: 'desk', name: 'Service' };

const scene = () => {
  const listeners = new Set<() => void>();
  const refresh = vi.fn(async () => undefined);
  const rooms = createQueueRooms({
    agents: {
      refresh,
      onChange: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    now: Date.now,
  });
  const offers: string[] = [];
  const room = rooms.room(DESK, 20_000);
  const enter = (callId: string, priority = 0) =>
    room.enter({ callId, priority, offer: () => void offers.push(callId) });
  return {
    rooms,
    room,
    enter,
    offers,
    refresh,
    listening: () => listeners.size > 0,
    freed: () => {
      offers.splice(0);
      for (const listener of listeners) listener();
      return [...offers];
    },
  };
};

beforeEach(() => void vi.useFakeTimers({ now: new Date(2026, 10, 20, 12) }));
afterEach(() => void vi.useRealTimers());

describe('a waiting room', () => {
  it('asks those who wait in the order of their coming whenever somebody is free', () => {
    const { enter, freed } = scene();
    const tickets = ['c-1', 'c-2', 'c-3'].map((id) => {
      vi.advanceTimersByTime(1000);
      return enter(id);
    });
    expect(freed()).toEqual(['c-1', 'c-2', 'c-3']);
    expect(tickets.map((ticket) => ticket.position())).toEqual([1, 2, 3]);
    tickets[0]?.leave('abandoned');
    expect(freed()).toEqual(['c-2', 'c-3']);
    expect(tickets[1]?.position()).toBe(1);
    enter('vip', 1);
    expect(freed()).toEqual(['vip', 'c-2', 'c-3']);
  });

  it('is the same for every step that sends callers to it', () => {
    const { rooms, enter } = scene();
    enter('c-1');
    expect(rooms.room(DESK, 20_000).waiting).toBe(1);
    expect(rooms.room({ id: 'other' }, 20_000).waiting).toBe(0);
  });

  it('looks at who takes calls only while somebody waits', () => {
    const { enter, refresh, listening } = scene();
    expect(listening()).toBe(false);
    const ticket = enter('c-1');
    expect(listening()).toBe(true);
    vi.advanceTimersByTime(3500);
    expect(refresh).toHaveBeenCalledTimes(3);
    ticket.leave('left');
    expect(listening()).toBe(false);
    vi.advanceTimersByTime(3500);
    expect(refresh).toHaveBeenCalledTimes(3);
  });

  it("tells how today's callers fared, and begins anew at midnight", () => {
    const { rooms, room, enter } = scene();
    const serve = (id: string, ms: number): void => {
      const ticket = enter(id);
      vi.advanceTimersByTime(ms);
      ticket.leave('answered');
      ticket.leave('abandoned');
    };
    serve('c-1', 10_000);
    serve('c-2', 30_000);
    room.turnAway();
    const waiting = enter('c-3');
    vi.advanceTimersByTime(5000);
    expect(rooms.list()).toEqual([
      expect.objectContaining({
        id: 'desk',
        name: 'Service',
        waiting: 1,
        longestNowMs: 5000,
        serviceLevel: 0.5,
        levelMs: 20_000,
        today: expect.objectContaining({ offered: 2, answered: 2, inTime: 1, full: 1, longestMs: 30_000 }),
      }),
    ]);
    vi.setSystemTime(new Date(2026, 10, 21, 0, 1));
    expect(rooms.list()[0]).toMatchObject({ waiting: 1, serviceLevel: undefined, today: { offered: 0 } });
    waiting.leave('abandoned');
    expect(rooms.list()[0]).toMatchObject({ serviceLevel: 0, today: { offered: 1, abandoned: 1 } });
  });

  it('expects a wait once it knows how fast it goes', () => {
    const { enter } = scene();
    for (const id of ['c-1', 'c-2', 'c-3', 'c-4']) {
      const ticket = enter(id);
      vi.advanceTimersByTime(60_000);
      ticket.leave('answered');
    }
    enter('c-5');
    expect(enter('c-6').expectedWaitMs()).toBe(120_000);
  });
});
