import { createElement, startTransition } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { Page } from './dni-pages-react-wide.mjs';

const root = document.getElementById('root');
globalThis.hydrationErrors = [];
startTransition(() => {
  hydrateRoot(root, createElement(Page, { ...root.dataset }), {
    onRecoverableError: (error) => globalThis.hydrationErrors.push(String(error)),
  });
});
