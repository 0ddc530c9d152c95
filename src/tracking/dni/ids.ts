const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Whether a text that came from outside may be an id of a visitor or visit at all. */
export const isId = (text: string): boolean => ID.test(text);

/**
 * The first 10 characters of ids that were made at a time: what is lower was made before it.
 *
 * @param at milliseconds since the epoch
 */
export const idsFrom = (at: number): string => {
  let text = '';
  for (let rest = Math.min(Math.max(0, Math.ceil(at)), 2 ** 48 - 1), i = 0; i < 10; i += 1) {
    text = CROCKFORD.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
};
