import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Playable } from '../media/index.ts';
import { wavSeconds } from './audio/index.ts';
import type { Fingerprint } from './types.ts';

const BEEP_SECONDS = 0.4;

/** What goes into the hash, and how long it lasts. */
type Part = { readonly bytes: Buffer | string; readonly seconds: number };

/** @throws Error when a file can't be read */
const partsOf = async (what: Playable): Promise<readonly Part[]> => {
  switch (what.type) {
    case 'file': {
      const bytes = await readFile(what.path);
      return [{ bytes, seconds: what.loop ? Number.POSITIVE_INFINITY : wavSeconds(bytes) }];
    }
    case 'sequence': {
      const parts = (await Promise.all(what.items.map(partsOf))).flat();
      const { times = 1 } = what;
      return [
        { bytes: `${parts.length} × ${times}`, seconds: 0 },
        ...parts.map(({ bytes, seconds }) => ({ bytes, seconds: seconds * times })),
      ];
    }
    case 'beep':
      return [{ bytes: JSON.stringify(what), seconds: BEEP_SECONDS }];
    case 'music':
      return [{ bytes: JSON.stringify(what), seconds: Number.POSITIVE_INFINITY }];
    default:
      return [{ bytes: JSON.stringify(what), seconds: what.seconds ?? Number.POSITIVE_INFINITY }];
  }
};

/** What these sounds are and how long they last; undefined when a file can't be read. Never rejects. */
export const fingerprint = async (played: readonly Playable[]): Promise<Fingerprint | undefined> => {
  try {
    const parts = (await Promise.all(played.map(partsOf))).flat();
    const hash = createHash('sha256');
    for (const { bytes } of parts) hash.update(bytes);
    const ms = Math.round(parts.reduce((sum, { seconds }) => sum + seconds, 0) * 1000);
    return { sha256: hash.digest('hex'), durationMs: Number.isFinite(ms) ? ms : undefined };
  } catch {
    return undefined;
  }
};
