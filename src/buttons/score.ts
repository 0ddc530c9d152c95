import { botReason } from '../tracking/index.ts';

/** What a request for a call tells of who makes it. */
export type Signs = {
  readonly userAgent: string;
  /** First of the browser's languages. */
  readonly language: string | undefined;
  /** `navigator.webdriver` */
  readonly automated: boolean;
  /** `none`: it named no visit; `unknown`: none that there is; `young`: it began within the last second. */
  readonly visit: 'none' | 'unknown' | 'young' | 'known';
  /** Calls that its network began within the last ten minutes. */
  readonly lately: number;
  /** Headers that browsers send with every request: how many of them are missing. */
  readonly missingHeaders: number;
};

export type Score = {
  /** 0 to 100: the higher, the likelier a machine. */
  readonly points: number;
  /** What made it, the heaviest first. */
  readonly reasons: readonly { readonly reason: string; readonly points: number }[];
};

const HEADER_POINTS = 15;
const LATELY: readonly { readonly calls: number; readonly points: number }[] = [
  { calls: 12, points: 50 },
  { calls: 6, points: 30 },
  { calls: 3, points: 15 },
];

const VISIT_POINTS = { none: 10, unknown: 30, young: 20, known: 0 } as const;
const VISIT_WORDS = {
  none: 'it belongs to no visit',
  unknown: 'it names a visit that there is not',
  young: 'its visit began within the last second',
  known: '',
} as const;

const programPoints = ({ automated, userAgent, language }: Signs): Score['reasons'] => {
  if (automated) return [{ reason: 'the browser is driven by a program', points: 100 }];
  const why = botReason({ automated: false, userAgent, language: language ?? '*' });
  return [
    ...(why === null ? [] : [{ reason: why, points: 80 }]),
    ...(/Headless/i.test(userAgent) && why === null
      ? [{ reason: 'a browser without a window', points: 60 }]
      : []),
    ...(language === undefined
      ? [{ reason: 'no language: the browsers of people send one', points: 30 }]
      : []),
  ];
};

/** Tells how much a request looks like a machine's, and why. Pure. */
export const scoreOf = (signs: Signs): Score => {
  const { visit, lately, missingHeaders } = signs;
  const many = LATELY.find(({ calls }) => lately >= calls);
  const reasons = [
    ...programPoints(signs),
    { reason: VISIT_WORDS[visit], points: VISIT_POINTS[visit] },
    { reason: `${lately} calls of its network within ten minutes`, points: many?.points ?? 0 },
    {
      reason: `${missingHeaders} headers are missing that browsers send`,
      points: missingHeaders * HEADER_POINTS,
    },
  ]
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points);
  return {
    points: Math.min(
      100,
      reasons.reduce((sum, { points }) => sum + points, 0),
    ),
    reasons,
  };
};
