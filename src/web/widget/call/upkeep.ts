import { type Session, SessionState } from 'sip.js';
import type { Media } from '../../call/media.ts';
import type { Opus } from '../../call/opus.ts';
import { reinvite } from '../../call/session.ts';
import type { Sound } from '../../call/sound.ts';
import type { CallEnd } from './contract.ts';
import type { Line } from './line.ts';
import type { Reporter } from './samples.ts';
import type { Store } from './store.ts';
import { startWatch, type Watch } from './watch.ts';

export type UpkeepParts = {
  readonly store: Store;
  readonly line: Line;
  readonly sound: Sound;
  readonly opus: Opus;
  readonly reporter: Reporter | undefined;
  session(): Session | undefined;
  media(): Media | undefined;
  /** The call can't go on. */
  failed(end: CallEnd): void;
};

/** Looks after a call's audio, and negotiates it anew when it has to be. */
export type Upkeep = {
  /** Begins to look, once there is a session. */
  start(): void;
  stop(): void;
  /** After whatever is being negotiated. Never rejects. */
  negotiate(): Promise<void>;
  /** The gateway can be reached again over another WebSocket: it has to learn of it. */
  reachable(): void;
};

/** The gateway does not know the call any more. */
const GONE = 481;

export const LOST: CallEnd = { by: 'gateway', reason: 'lost' };

export const createUpkeep = (parts: UpkeepParts): Upkeep => {
  const { store, line, sound, opus, reporter, session, media, failed } = parts;
  let watch: Watch | undefined;
  let lost = false;
  let turn: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;

  const isAnswered = (): boolean => session()?.state === SessionState.Established;

  const exchange = async (): Promise<void> => {
    const current = session();
    // A request into a dead connection would hang for half a minute, and hold up every other one.
    if (!current || !isAnswered() || !(await line.alive()) || !isAnswered()) return;
    const done = await reinvite(current);
    if (done.type === 'refused' && done.status === GONE) failed({ ...LOST, status: GONE });
  };

  /** One that waits for its turn stands for all that come meanwhile. */
  const negotiate = (): Promise<void> => {
    if (waiting) return waiting;
    const mine = turn.then(() => {
      waiting = undefined;
      return exchange().catch(() => undefined);
    });
    waiting = mine;
    turn = mine;
    return mine;
  };

  const restart = (): void => {
    media()?.peer.restartIce();
    void negotiate();
  };

  const begin = (): Watch =>
    startWatch({
      ...{ sound, reporter, media },
      state: () => store.state,
      answered: isAnswered,
      reachable: () => line.up,
      levels: (levels) => store.change({ levels }),
      quality: (quality) => store.change({ quality }),
      lost: (isLost) => {
        lost = isLost;
        if (isAnswered()) store.change({ phase: isLost ? 'reconnecting' : 'talking' });
      },
      restart,
      giveUp: () => failed(LOST),
      heard: (losses) => opus.hear(losses, media()?.peer.sender),
    });

  return {
    start: () => {
      watch ??= begin();
    },
    stop: () => watch?.stop(),
    negotiate,
    reachable: () => {
      if (!isAnswered()) return;
      if (lost) restart();
      else void negotiate();
    },
  };
};
