/** One line of an iCalendar file as it was meant: unfolded (RFC 5545, section 3.1). */
export type ContentLine = {
  /** Where it begins in the file, from 1. */
  readonly line: number;
  /** In capitals: `DTSTART`. */
  readonly name: string;
  /** By name in capitals; the first value of each. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly value: string;
};

type Raw = { readonly line: number; readonly text: string };

/** Lines that begin with a blank go on with the one before. */
const unfold = (text: string): readonly Raw[] => {
  const unfolded: { line: number; text: string }[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .forEach((part, index) => {
      const before = unfolded.at(-1);
      if (/^[ \t]/.test(part) && before) before.text += part.slice(1);
      else if (part !== '') unfolded.push({ line: index + 1, text: part });
    });
  return unfolded;
};

/** `;NAME=value` or `;NAME="value"`, and what may follow after a comma. */
const PARAMETER = /;([A-Za-z0-9-]+)=("[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*/y;

const read = ({ line, text }: Raw): ContentLine | undefined => {
  const [name] = /^[A-Za-z0-9-]+/.exec(text) ?? [];
  if (name === undefined) return undefined;
  const parameters = new Map<string, string>();
  let at = name.length;
  for (;;) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    if (match === null) break;
    parameters.set((match[1] ?? '').toUpperCase(), (match[2] ?? '').replace(/^"|"$/g, ''));
    at = PARAMETER.lastIndex;
  }
  return text[at] === ':'
    ? { line, name: name.toUpperCase(), parameters, value: text.slice(at + 1) }
    : undefined;
};

/** The lines of a file, and the numbers of those that are none. */
export const readContentLines = (
  text: string,
): { readonly lines: readonly ContentLine[]; readonly unread: readonly number[] } => {
  const lines: ContentLine[] = [];
  const unread: number[] = [];
  for (const raw of unfold(text)) {
    const found = read(raw);
    if (found) lines.push(found);
    else unread.push(raw.line);
  }
  return { lines, unread };
};

/** A TEXT value on one line (RFC 5545, section 3.3.11). */
export const textOf = (value: string): string =>
  value
    .replace(/\\([nN\\;,])/g, (_, mark: string) => (mark === 'n' || mark === 'N' ? ' ' : mark))
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
