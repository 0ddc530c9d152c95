import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../../src/reports/funnel/figures.ts';
import { eventsOf, type Press, type PressEvent } from '../../../../src/reports/funnel/press.ts';
import { findLeader, findLeak } from '../../../../src/reports/funnel/words.ts';
import { shareOf } from '../../../../src/reports/money.ts';

const many = (count: number, ...events: PressEvent[]): Press[] =>
  Array.from({ length: count }, (_, index) => ({
    viewer: `${events.join()} ${index}`,
    events: eventsOf('click', ...events),
    calls: [],
  }));

const ANSWERED: Press['calls'] = [
  {
    way: 'browser',
    ended: true,
    rang: true,
    answered: true,
    qualified: false,
    talkMs: 60_000,
    clickToRingMs: null,
    rating: null,
  },
];

const answered = (count: number): Press[] => many(count).map((press) => ({ ...press, calls: ANSWERED }));

const figures = (...pressed: Press[]) =>
  figuresOf({ views: 1000, viewers: new Set(pressed.map(({ viewer }) => viewer)).size, pressed });

describe('the biggest leak', () => {
  it('is named with its share, its interval and why', () => {
    const leak = findLeak(
      figures(
        ...answered(50),
        ...many(30, 'mic_denied'),
        ...many(9, 'mic_missing'),
        ...many(4, 'mic_granted', 'token_refused'),
      ),
    );
    expect(leak.stage).toBe('microphone');
    expect(leak.text).toBe(
      'The biggest leak is the microphone: 39 of 93 presses (42 %; 90 %: 34–50 %) were lost there; 30 denied it, 9 had none.',
    );
  });

  it('is not named where two are too close', () => {
    const leak = findLeak(figures(...answered(50), ...many(12, 'mic_denied'), ...many(9, 'confirm_shown')));
    expect(leak.stage).toBeNull();
    expect(leak.text).toMatch(/^No leak stands out: the microphone \(12\) and the sheet .* \(9\)/);
  });

  it('is not made of two presses', () => {
    const leak = findLeak(figures(...many(2, 'mic_denied')));
    expect(leak).toMatchObject({ stage: null, text: expect.stringMatching(/^Too few presses/) });
  });

  it('leaves out who took another way', () => {
    const leak = findLeak(figures(...answered(10), ...many(90, 'mic_denied', 'tel_open')));
    expect(leak).toEqual({
      stage: null,
      text: 'No press of 100 was lost between the click and the answer.',
    });
  });

  it('has words for no press and no viewer', () => {
    expect(findLeak(figuresOf({ views: 40, viewers: 2, pressed: [] })).text).toMatch(
      /^No press: 2 viewers saw a button \(at most \d+ %/,
    );
    expect(findLeak(figuresOf({ views: 0, viewers: 0, pressed: [] })).text).toBe('No button was seen.');
  });
});

describe('the leader', () => {
  const row = (label: string, qualifiedViewers: number, viewers: number) => ({
    label,
    key: label,
    viewers,
    qualifiedViewers,
    conversion: shareOf(qualifiedViewers, viewers),
  });

  it('is nobody where three stand against two', () => {
    expect(findLeader([row('green', 3, 100), row('red', 2, 100)])).toMatchObject({ key: null });
  });

  it('is the one whose interval lies above all others', () => {
    const leader = findLeader([row('red', 20, 1000), row('green', 60, 1000), row('blue', 25, 1000)]);
    expect(leader?.key).toBe('green');
    expect(leader?.text).toBe('green converts best: 60 of 1000 viewers (6.0 %; 90 %: 4.9–7.4 %).');
  });

  it('needs somebody to lead', () => {
    expect(findLeader([row('green', 60, 1000), row('red', 0, 0)])).toBeNull();
  });
});
