import type { JSX } from 'preact';

const HANDSET =
  'M5 3.5h3.2a1 1 0 0 1 .95.68l1.1 3.3a1 1 0 0 1-.32 1.08L8.2 9.95a12.5 12.5 0 0 0 5.85 5.85l1.39-1.73a1 1 0 0 1 1.08-.32l3.3 1.1a1 1 0 0 1 .68.95V19a1.6 1.6 0 0 1-1.7 1.6A16.4 16.4 0 0 1 3.4 5.2 1.6 1.6 0 0 1 5 3.5z';

/** Lines of each icon in a field of 24 by 24. */
const PATHS = {
  phone: HANDSET,
  hangUp: HANDSET,
  microphone: 'M9 6a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21',
  microphoneOff:
    'M9 9V6a3 3 0 0 1 6 0v5M9 11a3 3 0 0 0 4.6 2.5M5.5 11a6.5 6.5 0 0 0 10.6 5M18.5 11q0 1.4-.6 2.7M12 17.5V21M4 4l16 16',
  keypad: 'M6 5h.01M12 5h.01M18 5h.01M6 12h.01M12 12h.01M18 12h.01M6 19h.01M12 19h.01M18 19h.01',
  sound: 'M4 9.5h3.5L12 5.5v13l-4.5-4H4zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11',
  close: 'M6 6l12 12M18 6L6 18',
  minimise: 'M6 18h12',
  star: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z',
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside words that say the same. */
export const Icon = ({ name }: { readonly name: IconName }): JSX.Element => (
  <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
