import { randomInt } from 'node:crypto';

export type Origin = { readonly id: string; readonly version: number };

/** The descriptions that a leg writes in its life, under one session id (RFC 4566 5.2). */
export type LocalSdp = {
  /** The last one. */
  readonly text: string | undefined;
  readonly origin: Origin;
  /** Writes a description, under a higher version when it says something new (RFC 3264 8). */
  publish(write: (origin: Origin) => string): string;
};

export const createLocalSdp = (): LocalSdp => {
  let origin: Origin = { id: String(randomInt(1, 2 ** 47)), version: 1 };
  let text: string | undefined;

  return {
    get text() {
      return text;
    },
    get origin() {
      return origin;
    },
    publish(write) {
      let next = write(origin);
      if (text !== undefined && next !== text) {
        origin = { ...origin, version: origin.version + 1 };
        next = write(origin);
      }
      text = next;
      return next;
    },
  };
};
