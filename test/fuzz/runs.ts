import fc from 'fast-check';
import { mutant } from './mutate.ts';
import { judge } from './oracle.ts';
import { createRandom, type Random } from './random.ts';
import { NORMAL, SEEDS } from './seeds.ts';
import { appStream, judgeDeframer, judgeFramer, stream } from './streams.ts';
import { drafts, judgeDraft } from './structured.ts';

/** Something wrong, and what brings it about again. */
export type Finding = { readonly fuzzer: string; readonly what: string; readonly hex: string };

/** How far a fuzzer came. */
export type Outcome = {
  readonly cases: number;
  readonly accepted: number;
  readonly finding: Finding | undefined;
};

/** Runs until `until` (of `performance.now`) or the first finding; the same seed gives the same cases. */
export type Fuzzer = (seed: number, until: number) => Outcome;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Tries one case after another; `judgeCase` says whether its bytes were accepted. */
const loop =
  (
    fuzzer: string,
    next: (random: Random) => Buffer,
    judgeCase: (bytes: Buffer, random: Random) => boolean,
  ): Fuzzer =>
  (seed, until) => {
    const random = createRandom(seed);
    let cases = 0;
    let accepted = 0;
    while (performance.now() < until) {
      const bytes = next(random);
      try {
        if (judgeCase(bytes, random)) accepted += 1;
      } catch (error) {
        const finding = { fuzzer, what: messageOf(error), hex: bytes.toString('hex') };
        return { cases, accepted, finding };
      }
      cases += 1;
    }
    return { cases, accepted, finding: undefined };
  };

const structured: Fuzzer = (seed, until) => {
  let cases = 0;
  const style = fc.array(fc.nat(60), { minLength: 1, maxLength: 8 });
  const property = fc.property(drafts, style, (draft, chosen) => {
    judgeDraft(draft, chosen);
    cases += 1;
  });
  const timeLimit = Math.max(1, until - performance.now());
  const result = fc.check(property, { seed, numRuns: 1_000_000_000, interruptAfterTimeLimit: timeLimit });
  if (!result.failed || result.counterexample === null) return { cases, accepted: cases, finding: undefined };
  const what = `${messageOf(result.errorInstance)} (seed ${seed}, path ${result.counterexamplePath})`;
  return { cases, accepted: cases, finding: { fuzzer: 'structured', what, hex: '' } };
};

const anyMutant = (random: Random): Buffer =>
  // Changed good messages get further than changed torture does.
  mutant(random.below(2) === 0 ? NORMAL : SEEDS, random);

/** By name: messages made by the grammar, changed messages, streams of SIP in pieces, streams of drachtio's protocol. */
export const FUZZERS: Readonly<Record<string, Fuzzer>> = {
  structured,
  mutation: loop('mutation', anyMutant, judge),
  framer: loop('framer', stream, (bytes, random) => {
    judgeFramer(bytes, random);
    return true;
  }),
  deframer: loop('deframer', appStream, (bytes, random) => {
    judgeDeframer(bytes, random);
    return true;
  }),
};
