import type { DialogName } from '../../call/sip-text.ts';

/** What a page keeps of a call so that it can be taken up again after a reload. */
export type KeptCall = DialogName & {
  readonly id: string | undefined;
  readonly direction: 'in' | 'out';
  readonly party: string;
  readonly startedAt: number;
  readonly answeredAt: number;
  readonly held: boolean;
  readonly muted: boolean;
  readonly keys: string;
};

export type KeptCalls = {
  /** Whose calls they are. */
  readonly user: string;
  readonly savedAt: number;
  readonly calls: readonly KeptCall[];
};

/** The gateway waits 15 s for a page that comes back; it has the last word, so a little longer is tried. */
const RESUME_WITHIN_MS = 20_000;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isKept = (value: unknown): value is KeptCall =>
  isRecord(value) &&
  ['callId', 'localTag', 'remoteTag', 'party', 'keys'].every((name) => typeof value[name] === 'string') &&
  ['startedAt', 'answeredAt'].every((name) => typeof value[name] === 'number') &&
  typeof value['held'] === 'boolean' &&
  typeof value['muted'] === 'boolean' &&
  (value['direction'] === 'in' || value['direction'] === 'out');

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** As text for the session storage; undefined when there is nothing to keep. */
export const writeKept = (kept: KeptCalls): string | undefined =>
  kept.calls.length === 0 ? undefined : JSON.stringify(kept);

/** Reads what {@link writeKept} wrote; what is something else, too old, or somebody else's is nothing. */
export const readKept = (text: string | null, user: string, now: number): readonly KeptCall[] => {
  const value = text === null ? undefined : parse(text);
  if (!isRecord(value) || value['user'] !== user || !Array.isArray(value['calls'])) return [];
  const { savedAt } = value;
  if (typeof savedAt !== 'number' || now - savedAt > RESUME_WITHIN_MS) return [];
  return value['calls'].filter(isKept).map((call) => ({ ...call, id: call.id ?? undefined }));
};
