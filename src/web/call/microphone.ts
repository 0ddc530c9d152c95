/** Why there is no microphone, in the words of whoever asks for one. */
type Problem = { readonly type: string };

/** What getUserMedia refused, and in which circumstances. */
export type Refusal = {
  /** Name and message of the error; both empty where it was none. */
  readonly name: string;
  readonly message: string;
  /** How long it took to refuse, milliseconds. */
  readonly tookMs: number;
};

export type Capture<P extends Problem> =
  | { readonly type: 'open'; readonly track: MediaStreamTrack; release(): void }
  | { readonly type: 'failed'; readonly problem: P };

/** The page's one microphone, open while a call or the device dialogue uses it. */
export type Microphone<P extends Problem> = {
  /**
   * A track of its own for one use. Nothing rejects.
   *
   * @param replace called with another track when the device changes; the former one ends
   */
  open(replace: (track: MediaStreamTrack) => void): Promise<Capture<P>>;
  /** Uses another device, also in what is open. @returns the problem when it can't be had; the former one stays then */
  choose(id: string | undefined): Promise<P | undefined>;
};

type Use = { track: MediaStreamTrack; readonly replace: (track: MediaStreamTrack) => void };

const constraintsFor = (id: string | undefined): MediaTrackConstraints => ({
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  ...(id === undefined ? {} : { deviceId: { exact: id } }),
});

export type MicrophoneParts<P extends Problem> = {
  /** Device to begin with. */
  readonly chosen: string | undefined;
  problemOf(refusal: Refusal): P | Promise<P>;
  /** Called when the device in use disappeared: its label, and the problem when there is no other. */
  gone(label: string, problem: P | undefined): void;
};

/** A chosen device that is not there is an overconstrained one for some browsers, and a missing one for others. */
const ABSENT: ReadonlySet<string> = new Set([
  'NotFoundError',
  'OverconstrainedError',
  'DevicesNotFoundError',
  '',
]);

export const createMicrophone = <P extends Problem>({
  chosen,
  problemOf,
  gone,
}: MicrophoneParts<P>): Microphone<P> => {
  let id = chosen;
  let source: Promise<MediaStreamTrack | P> | undefined;
  const uses = new Set<Use>();

  const request = async (wanted: string | undefined): Promise<MediaStreamTrack | Refusal> => {
    const asked = performance.now();
    const refusal = (name: string, message: string): Refusal => ({
      name,
      message,
      tookMs: performance.now() - asked,
    });
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: constraintsFor(wanted),
        video: false,
      });
      return stream.getAudioTracks()[0] ?? refusal('NotFoundError', '');
    } catch (error) {
      return error instanceof Error ? refusal(error.name, error.message) : refusal('', '');
    }
  };

  const judged = async (found: MediaStreamTrack | Refusal): Promise<MediaStreamTrack | P> =>
    'tookMs' in found ? problemOf(found) : found;

  const capture = async (wanted: string | undefined): Promise<MediaStreamTrack | P> =>
    judged(await request(wanted));

  /** The chosen device, or any other when that one is not there. */
  const find = async (wanted: string | undefined): Promise<MediaStreamTrack | P> => {
    const found = await request(wanted);
    const absent = 'tookMs' in found && wanted !== undefined && ABSENT.has(found.name);
    return absent ? await capture(undefined) : judged(found);
  };

  const switchTo = (track: MediaStreamTrack): void => {
    source = Promise.resolve(track);
    watch(track);
    for (const use of uses) {
      const next = track.clone();
      next.enabled = use.track.enabled;
      const former = use.track;
      use.track = next;
      use.replace(next);
      former.stop();
    }
  };

  const watch = (track: MediaStreamTrack): void =>
    track.addEventListener('ended', () => {
      void (async () => {
        if (uses.size === 0 || (await source) !== track) return;
        const other = await capture(undefined);
        if (!('type' in other)) switchTo(other);
        gone(track.label, 'type' in other ? other : undefined);
      })();
    });

  const current = async (): Promise<MediaStreamTrack | P> => {
    if (source) {
      const found = await source;
      if (!('type' in found) && found.readyState === 'live') return found;
    }
    source = find(id);
    const found = await source;
    if (!('type' in found)) watch(found);
    return found;
  };

  const stopUnused = async (): Promise<void> => {
    if (uses.size > 0) return;
    const idle = source;
    source = undefined;
    const found = await idle;
    if (found && !('type' in found)) found.stop();
  };

  return {
    open: async (replace) => {
      const found = await current();
      if ('type' in found) {
        source = undefined;
        return { type: 'failed', problem: found };
      }
      const use: Use = { track: found.clone(), replace };
      uses.add(use);
      return {
        type: 'open',
        track: use.track,
        release: () => {
          use.track.stop();
          if (uses.delete(use)) void stopUnused();
        },
      };
    },
    choose: async (next) => {
      if (uses.size === 0) {
        id = next;
        return undefined;
      }
      const found = await capture(next);
      if ('type' in found) return found;
      id = next;
      const former = await source;
      switchTo(found);
      if (former && !('type' in former)) former.stop();
      return undefined;
    },
  };
};
