// A React page without a single outermost element, that takes long to be taken over: React pauses between its pieces.
import { createElement as h, useEffect, useState } from 'react';

const PIECES = 40;
const PIECE_MS = 12;

const Piece = ({ number, at }) => {
  const until = typeof document === 'undefined' ? 0 : performance.now() + PIECE_MS;
  while (performance.now() < until);
  // A change of the page in the midst of it.
  if (at === PIECES / 2) globalThis.dt?.rescan();
  return h('p', { className: 'piece' }, 'Call ', number);
};

export const Page = ({ number }) => {
  const [round, setRound] = useState(0);
  useEffect(() => {
    globalThis.page = { render: () => setRound((last) => last + 1) };
    globalThis.hydrated = true;
  }, []);
  return [
    h('p', { id: 'first', key: 'first' }, number),
    ...Array.from({ length: PIECES }, (_, at) => h(Piece, { key: at, at, number })),
    h('p', { id: 'last', key: 'last' }, `${round}: ${number}`),
  ];
};
