import { createElement } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { Page } from './dni-pages-react.mjs';

const root = document.getElementById('root');
globalThis.hydrationErrors = [];
hydrateRoot(root, createElement(Page, { ...root.dataset }), {
  onRecoverableError: (error) => globalThis.hydrationErrors.push(String(error)),
});
