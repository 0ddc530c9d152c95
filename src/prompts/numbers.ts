import type { Sound } from '../config/index.ts';

const prompt = (value: number): Sound => `number-${value}`;

const digits = (value: number): readonly Sound[] => [...String(value)].map((digit) => prompt(Number(digit)));

const english = (value: number): readonly Sound[] => {
  if (value >= 100) {
    const rest = value % 100;
    return [prompt(Math.floor(value / 100)), prompt(100), ...(rest === 0 ? [] : english(rest))];
  }
  if (value <= 20) return [prompt(value)];
  const ones = value % 10;
  return [prompt(value - ones), ...(ones === 0 ? [] : [prompt(ones)])];
};

const chinese = (value: number): readonly Sound[] => {
  if (value >= 100) {
    const rest = value % 100;
    const hundreds = [prompt(Math.floor(value / 100)), prompt(100)];
    if (rest === 0) return hundreds;
    // 105 is 一百零五, 115 一百一十五.
    if (rest < 10) return [...hundreds, prompt(0), prompt(rest)];
    return [...hundreds, ...(rest < 20 ? [prompt(1)] : []), ...chinese(rest)];
  }
  if (value <= 10) return [prompt(value)];
  const tens = Math.floor(value / 10);
  const ones = value % 10;
  return [...(tens === 1 ? [] : [prompt(tens)]), prompt(10), ...(ones === 0 ? [] : [prompt(ones)])];
};

/**
 * A number as shipped prompts say it, in English or Chinese; other languages hear English. Above 999 its digits are said.
 *
 * @param value whole, 0 or more; else it is rounded, and 0 when it is less
 */
export const sayNumber = (value: number, language: string): readonly Sound[] => {
  const whole = Math.max(0, Math.round(value));
  if (!Number.isSafeInteger(whole)) return [];
  if (whole > 999) return digits(whole);
  return language === 'zh' ? chinese(whole) : english(whole);
};

/** “You are number 3 in the queue.” @param position from 1 */
export const sayPosition = (position: number, language: string): readonly Sound[] => [
  'queue-position-before',
  ...sayNumber(position, language),
  'queue-position-after',
];

/** Waits are told in minutes, and coarsely: nobody knows them better. */
const MINUTES: readonly number[] = [3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50, 60];

/** “You will be connected in about 5 minutes.” Rounded up, and an hour at most. @param ms expected wait */
export const sayWait = (ms: number, language: string): readonly Sound[] => {
  const minutes = ms / 60_000;
  if (!(minutes > 1.5)) return ['queue-wait-short'];
  const told = MINUTES.find((step) => step >= minutes) ?? 60;
  return ['queue-wait-before', ...sayNumber(told, language), 'queue-wait-after'];
};
