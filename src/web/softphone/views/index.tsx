import '../styles/index.css';
import { render } from 'preact';
import type { Phone } from '../contract.ts';
import { App } from './app.tsx';
import { loadChoices } from './choices.ts';
import { storage } from './storage.ts';
import { showTheme } from './theme.ts';

/** Shows `phone` in `root` for the life of the page. */
export const mount = (phone: Phone, root: Element): void => {
  // Before anything is drawn: nobody is to see one theme turn into the other.
  showTheme(loadChoices(storage, navigator.languages).theme);
  render(<App phone={phone} />, root);
};
