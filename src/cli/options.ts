import { type Command, InvalidArgumentError, Option } from 'commander';
import { isZone, PERIOD_NAMES } from '../reports/index.ts';

/** A whole number within bounds. */
export const wholeNumber =
  (from: number, to: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to) {
      throw new InvalidArgumentError(`Use a whole number from ${from} to ${to}.`);
    }
    return value;
  };

/** A number within bounds. */
export const numberWithin =
  (from: number, to: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= from && value <= to)) {
      throw new InvalidArgumentError(`Use a number from ${from} to ${to}.`);
    }
    return value;
  };

/** Words for people: one line of up to 200 characters. */
export const oneLine = (text: string): string => {
  if (text.length <= 200 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return text.trim();
  throw new InvalidArgumentError('Use one line of up to 200 characters.');
};

/** An IANA time zone. */
export const zoneName = (text: string): string => {
  if (isZone(text)) return text;
  throw new InvalidArgumentError('It is no time zone: use an IANA name such as Europe/Berlin.');
};

/** `--zone`. */
export const addZoneOption = (command: Command, what = 'time zone of times'): Command =>
  command.option('--zone <zone>', `${what}, such as Europe/Berlin (default: this machine's)`, zoneName);

export type PeriodOptions = {
  readonly from?: string;
  readonly to?: string;
  readonly period?: string;
  readonly zone?: string;
};

/** `--from`, `--to`, `--period` and `--zone`. */
export const addPeriodOptions = (command: Command): Command =>
  addZoneOption(
    command
      .option('--from <date>', 'first day (2026-11-01) or moment (2026-11-01T09:30)')
      .option('--to <date>', 'first day or moment after the period')
      .addOption(new Option('--period <name>', 'a period by its name').choices(PERIOD_NAMES)),
    'time zone of days and times',
  );

/** `--reveal`. */
export const addRevealOption = (command: Command): Command =>
  command.option('--reveal', "show callers' numbers in clear (needs the key file)");

/** Examples below a command's help. */
export const examples = (command: Command, lines: readonly string[]): Command =>
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
