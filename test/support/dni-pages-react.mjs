// A React page: rendered by the server, taken over in the browser, rendered anew all the time. Without JSX and types, so that
// both sides run it as it is.
import { createElement as h, useEffect, useState } from 'react';

export const Page = ({ number, tel }) => {
  const [round, setRound] = useState(0);
  const [isOpen, setOpen] = useState(true);
  useEffect(() => {
    globalThis.page = { render: () => setRound((last) => last + 1), toggle: () => setOpen((last) => !last) };
    globalThis.hydrated = true;
  }, []);
  return h(
    'main',
    null,
    h('h1', null, 'Roofs'),
    h('p', { id: 'text' }, 'Call ', number, ' now, ', round, ' times'),
    h('p', { id: 'link' }, h('a', { href: `tel:${tel}`, title: `Round ${round}` }, number)),
    isOpen && h('p', { id: 'fleeting', key: round % 7 }, `Fleeting ${round}: ${number}`),
  );
};
