import { createRecorder } from '../../../src/media/recording/index.ts';
import { START, stream } from './call-audio.ts';

/** Records two tones into argv[2] faster than time, says how far it is, and never ends by itself. */
const [, , path = ''] = process.argv;
const recorder = createRecorder(path, START);
const SECOND = 8000;

const recordSecond = (second: number): void => {
  const from = second * 1000;
  for (const channel of [0, 1] as const) {
    const packets = stream({
      channel,
      frequency: channel === 0 ? 440 : 1000,
      from,
      to: from + 1000,
      timestamp: second * SECOND,
    });
    for (const { at, ssrc, timestamp, codec, payload } of packets) {
      recorder.packet(channel, START + at, ssrc, timestamp, codec, payload);
    }
  }
  recorder.flush(START + from + 1000);
  process.stdout.write(`${second + 1}\n`);
};

let second = 0;
setInterval(() => {
  recordSecond(second);
  second += 1;
}, 5);
