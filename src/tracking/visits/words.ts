/** Longest name of a source, a campaign …, in characters. */
const NAME_CHARACTERS = 200;
/** Click ids are opaque; the longest seen are near 300 characters. */
const CLICK_ID_CHARACTERS = 500;

/** Placeholders that the ad platform should have filled: `{keyword}`, `__CLICKID__`, `%%SITE%%`, `${ID}`; and what broken scripts write. */
const EMPTY =
  /^(?:\{.*\}|\$\{.*\}|\[[\w. -]*\]|__\w+__|%%.*%%|%\w+%|undefined|null|none|\((?:none|not set|direct)\))$/i;

const trimmed = (text: string, length: number): string | undefined => {
  const line = text
    // What turns the direction of writing makes a text look like another.
    .replace(/\p{Bidi_Control}/gu, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, length)
    // Half of a character that was cut in two.
    .replace(/[\uD800-\uDBFF]$/, '');
  return line === '' || EMPTY.test(line) ? undefined : line;
};

/** A parameter's first value that says something, on one line of up to 200 characters. */
export const nameIn = (
  parameters: ReadonlyMap<string, readonly string[]>,
  parameter: string,
): string | undefined => {
  for (const value of parameters.get(parameter) ?? []) {
    const name = trimmed(value, NAME_CHARACTERS);
    if (name !== undefined) return name;
  }
  return undefined;
};

/** A click id as it came, up to 500 characters. */
export const clickIdIn = (
  parameters: ReadonlyMap<string, readonly string[]>,
  parameter: string,
): string | undefined => {
  for (const value of parameters.get(parameter) ?? []) {
    const id = trimmed(value, CLICK_ID_CHARACTERS);
    if (id !== undefined) return id;
  }
  return undefined;
};
