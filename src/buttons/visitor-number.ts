import { isEmergency, isService, mayBeMobile, numberKind, parsePhone, type Region } from '../base/phone.ts';
import type { ButtonPlan } from '../config/index.ts';

/** What a number that a visitor typed is good for. */
export type VisitorNumber =
  | { readonly type: 'good'; readonly e164: string; readonly region: Region }
  | {
      readonly type: 'refused';
      readonly code: 'number' | 'not-allowed' | 'emergency';
      readonly detail: string;
    };

const refused = (code: 'number' | 'not-allowed' | 'emergency', detail: string): VisitorNumber => ({
  type: 'refused',
  code,
  detail,
});

/**
 * Reads a number that a visitor typed, and refuses those that somebody would earn money by: of other countries than those
 * that may be called, those of services (premium, shared cost, free ones), those of no numbering plan.
 *
 * @param regions countries that may be called; a number without its country's code is of the first one
 * @param use `sms`: a mobile number, or one of a plan that doesn't tell
 */
export const visitorNumber = (
  text: string,
  { regions, use }: { readonly regions: readonly Region[]; readonly use: 'sms' | 'call' },
): VisitorNumber => {
  if (isEmergency(text)) return refused('emergency', 'Dial emergency numbers from a telephone.');
  const number = parsePhone(text.trim(), regions[0]);
  if (number?.region === undefined) return refused('number', 'This is no telephone number.');
  const { e164, region } = number;
  if (!regions.includes(region)) return refused('not-allowed', 'Numbers of this country are not called.');
  if (isService(e164)) return refused('not-allowed', 'Such numbers are not called.');
  if (numberKind(e164) === 'unknown') return refused('number', 'There is no such number.');
  if (use === 'sms' && !mayBeMobile(e164)) return refused('number', 'This is no mobile number.');
  return { type: 'good', e164, region };
};

/** Countries that visitors of a button may have numbers of: those that may be called, else that of its own number. */
export const numberRegions = (
  { regions }: { readonly regions: readonly Region[] },
  { number }: Pick<ButtonPlan, 'number'>,
): readonly Region[] => {
  const own = parsePhone(number)?.region;
  return regions.length > 0 || own === undefined ? regions : [own];
};
