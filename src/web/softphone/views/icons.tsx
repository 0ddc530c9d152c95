import type { JSX } from 'preact';

const HANDSET =
  'M5 3.5h3.2a1 1 0 0 1 .95.68l1.1 3.3a1 1 0 0 1-.32 1.08L8.2 9.95a12.5 12.5 0 0 0 5.85 5.85l1.39-1.73a1 1 0 0 1 1.08-.32l3.3 1.1a1 1 0 0 1 .68.95V19a1.6 1.6 0 0 1-1.7 1.6A16.4 16.4 0 0 1 3.4 5.2 1.6 1.6 0 0 1 5 3.5z';

/** Lines of each icon in a field of 24 by 24. */
const PATHS = {
  phone: [HANDSET],
  hangUp: [HANDSET],
  microphone: ['M9 6a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0z', 'M5.5 11a6.5 6.5 0 0 0 13 0', 'M12 17.5V21'],
  microphoneOff: [
    'M9 9V6a3 3 0 0 1 6 0v5',
    'M9 11a3 3 0 0 0 4.6 2.5',
    'M5.5 11a6.5 6.5 0 0 0 10.6 5',
    'M18.5 11q0 1.4-.6 2.7',
    'M12 17.5V21',
    'M4 4l16 16',
  ],
  pause: ['M8.5 5.5v13', 'M15.5 5.5v13'],
  play: ['M8 5.5l10.5 6.5L8 18.5z'],
  keypad: ['M6 5h.01M12 5h.01M18 5h.01M6 12h.01M12 12h.01M18 12h.01M6 19h.01M12 19h.01M18 19h.01'],
  transfer: ['M4 12h14', 'M13 6.5l5.5 5.5-5.5 5.5', 'M4 6v12'],
  settings: [
    'M4 7h9M17 7h3M4 17h3M11 17h9',
    'M13 7a2 2 0 1 0 4 0 2 2 0 1 0-4 0',
    'M7 17a2 2 0 1 0 4 0 2 2 0 1 0-4 0',
  ],
  logout: ['M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4', 'M15.5 8l4 4-4 4', 'M19 12H9.5'],
  erase: ['M9 5.5h10a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 1-1.5 1.5H9L3.5 12z', 'M12 9.5l5 5M17 9.5l-5 5'],
  incoming: ['M18 6L7 17', 'M7 8.5V17h8.5'],
  outgoing: ['M6 18L17 7', 'M8.5 7H17v8.5'],
  missed: ['M4 7l8 8 8-8', 'M4 12.5V7h5.5'],
  internal: ['M4 8.5h15M15.5 5L19 8.5 15.5 12', 'M20 15.5H5M8.5 12L5 15.5 8.5 19'],
  check: ['M5 12.5l4.5 4.5L19 7.5'],
  close: ['M6 6l12 12M18 6L6 18'],
  warning: ['M12 4L2.8 19.5h18.4z', 'M12 10v4.5', 'M12 17.2h.01'],
  listen: ['M4 14v-2a8 8 0 0 1 16 0v2', 'M4 14h3.5v6H6a2 2 0 0 1-2-2z', 'M20 14h-3.5v6H18a2 2 0 0 0 2-2z'],
  whisper: ['M4 5h16v11h-8l-4.5 4V16H4z', 'M8.5 10.5h7'],
  barge: ['M6 8a3 3 0 1 0 6 0 3 3 0 1 0-6 0', 'M3 19.5a6 6 0 0 1 12 0', 'M18.5 8v6M15.5 11h6'],
  plus: ['M12 5v14M5 12h14'],
  record: ['M7.5 12a4.5 4.5 0 1 0 9 0 4.5 4.5 0 1 0-9 0'],
  speaker: ['M4 9.5h3.5L12 5.5v13l-4.5-4H4z', 'M15.5 9a4.2 4.2 0 0 1 0 6', 'M18 6.5a7.8 7.8 0 0 1 0 11'],
  clock: ['M4 12a8 8 0 1 0 16 0 8 8 0 1 0-16 0', 'M12 7.5V12l3 2'],
  person: ['M8 8a4 4 0 1 0 8 0 4 4 0 1 0-8 0', 'M4.5 20.5a7.5 7.5 0 0 1 15 0'],
  note: ['M5 4h14v16H5z', 'M8.5 9h7M8.5 13h5'],
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside words that say the same; it has no name of its own. */
export const Icon = ({ name }: { readonly name: IconName }): JSX.Element => (
  <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {PATHS[name].map((path) => (
      <path key={path} d={path} />
    ))}
  </svg>
);

/** The product's mark: a call that leaves a trace. */
export const Mark = (): JSX.Element => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect class="mark-field" width="32" height="32" rx="9" />
    <path class="mark-line" d="M7 19h4l3-8 4 12 3-7h4" />
  </svg>
);
