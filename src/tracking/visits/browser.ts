import bowser from 'bowser';
import { isbot, isbotMatch } from 'isbot';
import type { BrowserFacts } from '../types.ts';

/** Longer user agents are read up to here, in characters. */
const READ_CHARACTERS = 512;
/** Visits share few user agents, and reading one costs more than all else that is read of a page. */
const CACHE_LIMIT = 2000;

type Known = {
  readonly facts: BrowserFacts;
  /** What of it names a program; null for browsers of people. */
  readonly program: string | null;
};

const cache = new Map<string, Known>();

const DEVICES: Readonly<Record<string, BrowserFacts['device']>> = {
  mobile: 'phone',
  tablet: 'tablet',
  desktop: 'desktop',
};

const NOTHING: BrowserFacts = { device: 'other', os: null, browser: null };

const readFacts = (userAgent: string): BrowserFacts => {
  // It throws for an empty one.
  if (userAgent.trim() === '') return NOTHING;
  const { browser, os, platform } = bowser.parse(userAgent);
  return {
    device: DEVICES[platform.type ?? ''] ?? 'other',
    os: os.name || null,
    browser: browser.name || null,
  };
};

const know = (userAgent: string): Known => {
  const text = userAgent.slice(0, READ_CHARACTERS);
  const cached = cache.get(text);
  if (cached !== undefined) return cached;
  if (cache.size >= CACHE_LIMIT) cache.clear();
  const known = {
    facts: readFacts(text),
    program: isbot(text) ? (isbotMatch(text) ?? text) : null,
  };
  cache.set(text, known);
  return known;
};

/**
 * What a browser says it is. An iPad's Safari calls itself a Macintosh (iPadOS 13 and later) and counts as `desktop`: only
 * its touch screen, which a user agent doesn't tell, would give it away.
 */
export const readBrowser = (userAgent: string): BrowserFacts => know(userAgent).facts;

/** What tells machines from people. */
export type BotSigns = {
  readonly userAgent: string;
  /** `navigator.webdriver` */
  readonly automated: boolean;
  /** First of the browser's languages. */
  readonly language: string | undefined;
};

/** Why a visit is taken for a machine's, in words; null for people. */
export const botReason = ({ userAgent, automated, language }: BotSigns): string | null => {
  if (automated) return 'the browser is driven by a program (navigator.webdriver)';
  if (userAgent.trim() === '') return 'no user agent';
  const { program } = know(userAgent);
  if (program !== null) return `the user agent names a program: ${program.slice(0, 60)}`;
  if (language === undefined || language.trim() === '') return 'no language: the browsers of people send one';
  return null;
};
