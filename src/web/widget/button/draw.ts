import { buttonWordsEn } from '../words/en.ts';
import { buttonWordsZh } from '../words/zh.ts';
import type { ButtonFacts, Language } from './contract.ts';
import { inkOn } from './contrast.ts';

const SVG = 'http://www.w3.org/2000/svg';
const HANDSET =
  'M6.6 10.8a15 15 0 0 0 6.6 6.6l2.2-2.2a1 1 0 0 1 1-.25 11.4 11.4 0 0 0 3.6.55 1 1 0 0 1 1 1V20a1 1 0 0 1-1 1A17 17 0 0 1 3 4a1 1 0 0 1 1-1h3.5a1 1 0 0 1 1 1q0 1.9.55 3.6a1 1 0 0 1-.25 1z';

/** What a drawn button is made of; `telephone` has the `tel:` links in it. */
export type Drawing = {
  readonly box: HTMLElement;
  readonly main: HTMLElement;
  /** The other way, on a telephone. */
  readonly other: HTMLElement | undefined;
};

export type Form = {
  /** The browser follows a link by itself. */
  readonly dials: boolean;
  readonly other: 'browser' | 'dial' | undefined;
  readonly language: Language;
};

const make = (name: string, part: string, text = ''): HTMLElement => {
  const element = document.createElement(name);
  element.setAttribute('part', part);
  element.textContent = text;
  if (name === 'button') element.setAttribute('type', 'button');
  return element;
};

const icon = (): SVGElement => {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  for (const [name, value] of [
    ['part', 'icon'],
    ['viewBox', '0 0 24 24'],
    ['aria-hidden', 'true'],
  ] as const)
    svg.setAttribute(name, value);
  path.setAttribute('d', HANDSET);
  svg.append(path);
  return svg;
};

/** Draws a button; by calls of the DOM alone, which strict pages have nothing against. */
export const draw = (facts: ButtonFacts, { dials, other, language }: Form): Drawing => {
  const words = language === 'zh' ? buttonWordsZh : buttonWordsEn;
  const { color, position, size, text } = facts;
  const box = make('span', 'box');
  box.className = `box ${size}${position === 'inline' ? '' : ` corner ${position}`}`;
  if (color) {
    box.style.setProperty('--color', color);
    box.style.setProperty('--ink', inkOn(color));
  }
  const main = make(dials ? 'a' : 'button', 'button');
  if (!dials) main.setAttribute('aria-haspopup', 'dialog');
  const label = make('span', 'text', text);
  label.dir = 'auto';
  main.append(icon(), label);
  box.append(main);
  if (!other) return { box, main, other: undefined };
  const second = make(other === 'dial' ? 'a' : 'button', 'other', words[other]);
  second.lang = language;
  box.append(second);
  return { box, main, other: second };
};
