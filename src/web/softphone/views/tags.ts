/** Tags of a call at most, and characters of a tag. */
const MAXIMUM_TAGS = 20;
const MAXIMUM_LENGTH = 40;

/** The tags with one more; the same tags when it is empty, there already (case aside), or one too many. */
export const addTag = (tags: readonly string[], text: string): readonly string[] => {
  const tag = text.trim().replace(/\s+/g, ' ').slice(0, MAXIMUM_LENGTH).trim();
  const known = tags.some((other) => other.toLocaleLowerCase() === tag.toLocaleLowerCase());
  return tag === '' || known || tags.length >= MAXIMUM_TAGS ? tags : [...tags, tag];
};
