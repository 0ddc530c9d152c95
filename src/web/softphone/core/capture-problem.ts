import type { PhoneProblem } from '../contract.ts';

/** What getUserMedia's refusal means to a person (Media Capture and Streams 10.3). */
export const problemOfCapture = (name: string): PhoneProblem => {
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return { type: 'microphone-refused' };
    case 'NotReadableError':
    case 'AbortError':
      return { type: 'microphone-busy' };
    default:
      return { type: 'no-microphone' };
  }
};
