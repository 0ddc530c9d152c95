import { z } from 'zod';
import type { CallDetail } from '../store/index.ts';

type Heard = CallDetail['experience'][number];

const NAMES: Readonly<Record<string, string>> = {
  rtt: 'delay',
  jitter: 'jitter',
  loss: 'lost packets',
  mos: 'a poor score',
  mic: 'a microphone that nothing comes from',
};

const wordsOf = ({ warnings }: Heard): readonly string[] =>
  z.array(z.string()).catch([]).parse(JSON.parse(warnings));

/** `: round trip 40 ms, …`, of what is known. */
const figures = ({ rtt_ms: rtt, jitter_ms: jitter, loss_percent: loss, mos }: Heard): string => {
  const known = [
    rtt === null ? null : `round trip ${rtt.toFixed(0)} ms`,
    jitter === null ? null : `jitter ${jitter.toFixed(0)} ms`,
    loss === null ? null : `loss ${loss.toFixed(1)} %`,
    mos === null ? null : `MOS ${mos.toFixed(2)}`,
  ].filter((word) => word !== null);
  return known.length === 0 ? '' : `: ${known.join(', ')}`;
};

/** When the browsers of a call began to warn of how it sounds, and when all was well again; milliseconds since the epoch. */
export const warningLines = ({
  legs,
  experience,
}: Pick<CallDetail, 'legs' | 'experience'>): readonly { readonly at: number; readonly text: string }[] =>
  legs.flatMap(({ id, role, position }) => {
    const name = `The browser of leg ${role}${position === 0 ? '' : position}`;
    const heard = experience.filter((sample) => sample.leg_id === id).sort((a, b) => a.at - b.at);
    return heard.flatMap((sample, index) => {
      const last = heard[index - 1];
      const before = last === undefined ? [] : wordsOf(last);
      const now = wordsOf(sample);
      const begun = now.filter((word) => !before.includes(word)).map((word) => NAMES[word] ?? word);
      if (begun.length > 0)
        return [{ at: sample.at, text: `${name} warned of ${begun.join(' and ')}${figures(sample)}.` }];
      return now.length === 0 && before.length > 0
        ? [{ at: sample.at, text: `${name} warned no more${figures(sample)}.` }]
        : [];
    });
  });
