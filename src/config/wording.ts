/** `trunks[0].gateway` */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');

const SHOWN_LENGTH = 60;

/** A found value in words: quoted text, a number, `a list`, `a mapping`, `nothing`. */
export const found = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = String(value);
  const shown = text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
  return typeof value === 'string' ? `“${shown}”` : shown;
};

/** `one problem`, `3 problems` */
export const countOf = (problems: readonly unknown[]): string =>
  problems.length === 1 ? 'one problem' : `${problems.length} problems`;

/** `a, b or c` */
export const oneOf = (words: readonly string[]): string => {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
};

/** Edits between two words: a letter more, less, another, or two swapped (optimal string alignment). */
const distance = (a: string, b: string): number => {
  const rows = [Array.from({ length: b.length + 1 }, (_, i) => i)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const edits = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1));
      row.push(swapped ? Math.min(edits, at(i - 2, j - 2) + 1) : edits);
    }
  }
  return at(a.length, b.length);
};

/** The known word that was probably meant, if one is near enough. Case and separators don't count. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > 100) return undefined;
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(plain(word), plain(candidate)) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(1, Math.floor(best.candidate.length / 3))
    ? best.candidate
    : undefined;
};

/** `did you mean “x”?`, or what is possible. */
export const suggestion = (word: string, known: readonly string[]): string => {
  const meant = nearest(word, known);
  if (meant !== undefined) return `did you mean “${meant}”?`;
  return known.length === 0 ? 'leave it out' : `possible here: ${known.join(', ')}`;
};
