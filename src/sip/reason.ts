/**
 * The `cause` of a Q.850 Reason header (RFC 3326), 1 to 127, or undefined.
 *
 * @param header value such as `Q.850;cause=17;text="User busy"`, several joined by commas
 */
export const q850Of = (header: string | undefined): number | undefined => {
  const match = header && /(?:^|,)\s*q\.850\s*;[^,]*?cause\s*=\s*(\d{1,3})/i.exec(header);
  if (!match?.[1]) return undefined;
  const cause = Number(match[1]);
  return cause >= 1 && cause <= 127 ? cause : undefined;
};

/** The quoted text of a Reason header. */
export const reasonText = (header: string | undefined): string | undefined => {
  const match = header && /text="([^"]{0,200})"/.exec(header);
  return match ? match[1] : undefined;
};

/** A Q.850 Reason header. */
export const q850Header = (cause: { q850: number; text: string }): string =>
  `Q.850;cause=${cause.q850};text="${cause.text}"`;
