import '../styles/index.css';
import { render } from 'preact';
import type { Phone } from '../contract.ts';
import { App } from './app.tsx';

/** Shows `phone` in `root` for the life of the page. */
export const mount = (phone: Phone, root: Element): void => render(<App phone={phone} />, root);
