import type { HostPort } from './sip-message.ts';
import { hostPort } from './sip-message.ts';

/** One scrape of `/metrics`. */
export type Metrics = {
  /** Sum over all label sets of a metric; undefined when there is none of that name. */
  value(name: string): number | undefined;
  /** Names that match, with their sums. */
  matching(pattern: RegExp): ReadonlyMap<string, number>;
  readonly text: string;
};

/** Reads the text format of Prometheus: `name{labels} value`. */
export const parseMetrics = (text: string): Metrics => {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = line.match(/^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/);
    if (match?.[1]) sums.set(match[1], (sums.get(match[1]) ?? 0) + Number(match[2]));
  }
  return {
    text,
    value: (name) => sums.get(name),
    matching: (pattern) => new Map([...sums].filter(([name]) => pattern.test(name))),
  };
};

/** @throws Error when the gateway does not answer 200 */
export const scrape = async (http: HostPort): Promise<Metrics> => {
  const response = await fetch(`http://${hostPort(http)}/metrics`);
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
  return parseMetrics(await response.text());
};
