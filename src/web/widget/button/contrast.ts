/** Red, green and blue, 0 to 255, of `#rgb` or `#rrggbb`. */
const channels = (color: string): number[] => {
  const digits = color.slice(1).replace(/^(.)(.)(.)$/, '$1$1$2$2$3$3');
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
};

const linear = (channel: number): number => {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
};

/** Relative luminance of `#rgb` or `#rrggbb`, 0 to 1 (WCAG 2.2). */
export const luminance = (color: string): number => {
  const [red = 0, green = 0, blue = 0] = channels(color).map(linear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** Black or white, whichever can be read better on it: 4.58 : 1 at the least. */
export const inkOn = (color: string): '#000' | '#fff' =>
  // Where both are as good: (l + 0.05) / 0.05 = 1.05 / (l + 0.05).
  luminance(color) > 0.1791 ? '#000' : '#fff';
