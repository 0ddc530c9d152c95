import { describe, expect, it } from 'vitest';
import {
  judgeVitals,
  newVitals,
  type Situation,
  type Vitals,
} from '../../../../src/sip-engine/transport/vitals.ts';

const limits = {
  connections: 10,
  perStranger: 1,
  idle: 900,
  strangerIdle: 60,
  connect: 5,
  handshake: 10,
  first: 10,
  whole: 10,
  wholeOfKnown: 30,
  pong: 10,
  backlog: 1,
};

const judge = (now: number, vitals: Partial<Vitals> = {}, situation: Partial<Situation> = {}) =>
  judgeVitals(
    { ...newVitals(0), ...vitals },
    { dialed: false, known: true, keepAlive: 0, mustPong: false, ...situation },
    limits,
    now,
  );

const stranger = { known: false };

describe('judgeVitals', () => {
  it('gives a stranger little time for its first message, and none of it to line ends', () => {
    expect(judge(10, { heardAt: 9 }, stranger)).toBe('fine');
    expect(judge(11, { heardAt: 11 }, stranger)).toEqual({ close: 'no message in time' });
    expect(judge(11, { messageAt: 5 }, stranger)).toBe('fine');
    expect(judge(11, {}, { known: false, dialed: true })).toBe('fine');
    expect(judge(11)).toBe('fine');
  });

  it('wants a message that has begun to be whole in time, later of those known', () => {
    expect(judge(31, { begunAt: 21, messageAt: 20 }, stranger)).toBe('fine');
    expect(judge(32, { begunAt: 21, messageAt: 20 }, stranger)).toEqual({
      close: 'message not finished in time',
    });
    expect(judge(51, { begunAt: 21 })).toBe('fine');
    expect(judge(52, { begunAt: 21 })).toEqual({ close: 'message not finished in time' });
  });

  it('closes what is idle: known peers by any byte, strangers by messages', () => {
    expect(judge(1000, { heardAt: 100 })).toBe('fine');
    expect(judge(1001, { heardAt: 100 })).toEqual({ close: 'idle' });
    expect(judge(1001, { sentAt: 200 })).toBe('fine');
    expect(judge(66, { messageAt: 5, heardAt: 66 }, stranger)).toEqual({ close: 'idle' });
    expect(judge(66, { messageAt: 5, sentAt: 20 }, stranger)).toBe('fine');
  });

  it('asks for signs of life in turn, and insists only on those that were once given', () => {
    const keep = { keepAlive: 45 };
    expect(judge(44, {}, keep)).toBe('fine');
    expect(judge(45, {}, keep)).toBe('ping');
    expect(judge(56, { pingedAt: 45, awaitsPong: true }, keep)).toBe('fine');
    expect(judge(90, { pingedAt: 45, awaitsPong: true }, keep)).toBe('ping');
    expect(judge(55, { pingedAt: 45, awaitsPong: true, ponged: true }, keep)).toBe('fine');
    const dead = { close: 'peer answers no keep-alives' };
    expect(judge(56, { pingedAt: 45, awaitsPong: true, ponged: true }, keep)).toEqual(dead);
    expect(judge(56, { pingedAt: 45, awaitsPong: true }, { ...keep, mustPong: true })).toEqual(dead);
  });

  it('never puts the decision off by another ping', () => {
    const often = { keepAlive: 2, mustPong: true };
    expect(judge(9, { awaitsPong: true, pingedAt: 2 }, often)).toBe('fine');
    expect(judge(13, { awaitsPong: true, pingedAt: 2 }, often)).toEqual({
      close: 'peer answers no keep-alives',
    });
  });

  it('leaves a connection on its end alone until its time is up', () => {
    expect(judge(5000, { endsAt: 5001 })).toBe('fine');
    expect(judge(5001, { endsAt: 5001 })).toEqual({ close: 'connection closed' });
  });
});
