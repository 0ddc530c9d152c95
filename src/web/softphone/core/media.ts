import { createMedia, type Media, type MediaParts } from '../../call/media.ts';
import type { Microphone } from '../../call/microphone.ts';
import type { PhoneProblem } from '../contract.ts';

export type OpenMediaParts = Omit<MediaParts, 'track'> & { readonly microphone: Microphone<PhoneProblem> };

/** Opens the microphone for a call. Nothing rejects. */
export const openMedia = async ({ microphone, ...parts }: OpenMediaParts): Promise<Media | PhoneProblem> => {
  let media: Media | undefined;
  const capture = await microphone.open((next) => media?.use(next));
  if (capture.type === 'failed') return capture.problem;
  const made = createMedia({ ...parts, track: capture.track });
  media = made;
  return {
    ...made,
    get microphone() {
      return made.microphone;
    },
    get speaker() {
      return made.speaker;
    },
    close: () => {
      made.close();
      capture.release();
    },
  };
};
