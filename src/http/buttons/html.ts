import { escapeMarkup } from '../../base/markup.ts';

/** Text that is markup already. */
export type Html = { readonly html: string };

type Piece = string | Html | readonly Html[] | undefined;

const written = (piece: Piece): string => {
  if (piece === undefined) return '';
  if (typeof piece === 'string') return escapeMarkup(piece);
  return 'html' in piece ? piece.html : piece.map(({ html: text }) => text).join('');
};

/** Markup; whatever is put into it is escaped, unless it is markup itself. */
export const html = (parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html => ({
  html: parts.map((part, index) => part + written(pieces[index])).join(''),
});
