/** A call whose audio path is watched and mended. */
export type PathWatch = {
  /** Since when the path has not been up. */
  readonly downSince: number | undefined;
  /** How long it has been down while the gateway could be asked to mend it, milliseconds. */
  readonly downMs: number;
  readonly lookedAt: number;
  readonly restartedAt: number | undefined;
};

export type PathStep = {
  readonly watch: PathWatch;
  readonly action: 'none' | 'restart' | 'give-up';
  /** The person ought to know that nobody hears anybody. */
  readonly lost: boolean;
};

/** How long what is borne, in milliseconds. */
export type PathLimits = {
  /** Broken, but it may come back by itself. */
  readonly disconnected: number;
  /** Gives up after so long in which the gateway could be asked, */
  readonly giveUp: number;
  /** and after so long anyway: the call is over on the gateway's side by then. */
  readonly giveUpAnyway: number;
};

/** A path that is being set up may take this long. */
const SETUP_MS = 6000;
const RESTART_EVERY_MS = 5000;
const USUAL: PathLimits = { disconnected: 3000, giveUp: 15_000, giveUpAnyway: 40_000 };

export const PATH_FINE: PathWatch = {
  downSince: undefined,
  downMs: 0,
  lookedAt: 0,
  restartedAt: undefined,
};

const patienceOf = (connection: string, { disconnected }: PathLimits): number => {
  if (connection === 'failed') return 0;
  return connection === 'disconnected' ? disconnected : SETUP_MS;
};

/**
 * Decides what to do about an audio path: an ICE restart once it has been broken for a while (at once when it failed),
 * again every 5 s, and giving up in the end.
 *
 * @param connection RTCPeerConnection.connectionState
 * @param reachable whether the gateway can be asked now
 */
export const watchPath = (
  watch: PathWatch,
  connection: string,
  reachable: boolean,
  now: number,
  limits: PathLimits = USUAL,
): PathStep => {
  if (connection === 'connected' || connection === 'closed')
    return { watch: PATH_FINE, action: 'none', lost: false };
  const downSince = watch.downSince ?? now;
  const downFor = now - downSince;
  const elapsed = watch.downSince === undefined ? 0 : Math.max(0, now - watch.lookedAt);
  const patience = patienceOf(connection, limits);
  const lost = downFor >= patience || watch.restartedAt !== undefined;
  const downMs = watch.downMs + (reachable ? elapsed : 0);
  const next: PathWatch = { ...watch, downSince, downMs, lookedAt: now };
  if (downMs >= limits.giveUp || downFor >= limits.giveUpAnyway)
    return { watch: next, action: 'give-up', lost: true };
  const due = watch.restartedAt === undefined || now - watch.restartedAt >= RESTART_EVERY_MS;
  if (!lost || !due || !reachable) return { watch: next, action: 'none', lost };
  return { watch: { ...next, restartedAt: now }, action: 'restart', lost };
};
