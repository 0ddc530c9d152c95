import { localName } from '../layout.ts';
import type { FlowStep } from '../types.ts';
import type { Finding } from './types.ts';

/** A finding at a step. */
export const atStep = (
  { name, flow }: Pick<FlowStep, 'name' | 'flow'>,
  level: Finding['level'],
  rule: Finding['rule'],
  message: string,
  mend: string,
): Finding => ({ level, flow: flow.id, step: localName(name), rule, message, mend });

/** `a, b and c` */
export const andWords = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
