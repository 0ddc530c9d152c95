import { type Session, SessionState } from 'sip.js';
import { createMedia, type Media } from '../../call/media.ts';
import { createOpus } from '../../call/opus.ts';
import { keysOf } from '../../call/sip-text.ts';
import type { Sound } from '../../call/sound.ts';
import type { CallEnd, KeptCall, OpenCallOptions, WidgetCall } from './contract.ts';
import { watchDevices } from './devices.ts';
import { createDialog, follow, type Invitation, leave } from './dialog.ts';
import { endOfToken } from './end.ts';
import { runHearTest } from './hear-test.ts';
import { keptOf, type Needs, RESUME_WITHIN_MS } from './kept.ts';
import { createLine } from './line.ts';
import { createPermit, type Pass } from './permit.ts';
import { createReporter, postQuietly } from './samples.ts';
import { createStore } from './store.ts';
import { createRingingTone } from './tone.ts';
import { createUpkeep, LOST } from './upkeep.ts';
import { createVoice } from './voice.ts';

/** The gateway asks for no candidates of ours. */
const GATHERING_MS = 20;
const KEYS = { toneMs: 160, gapMs: 70 };
const TRY_AGAIN_MS = 500;

const isAble = (): boolean => 'RTCPeerConnection' in globalThis && 'WebSocket' in globalThis;

/** A visitor's call, begun at once: what needs a gesture is asked for before this returns. */
export const createCall = (options: OpenCallOptions, sound: Sound): WidgetCall => {
  const { resumed, pressId } = options;
  const store = createStore(options, Date.now());
  const permit = createPermit(options.token, Date.now);
  const reporter = options.report && createReporter(options.report, pressId, Date.now, postQuietly);
  let needs: Needs | undefined = resumed;
  let media: Media | undefined;
  let session: Session | undefined;
  let attempts = 0;
  let over = false;
  let testing = false;
  let opening: Promise<Pass | undefined> | undefined;

  const speaker = (): string | undefined => store.state.devices.speaker;
  const isAnswered = (): boolean => session?.state === SessionState.Established;
  const applySpeech = (): void => media?.speak({ muted: store.state.muted || testing, held: false });
  const blocked = (): void => store.change({ problem: { type: 'no-sound-yet' } });

  const clear = (type: string): void => {
    if (store.state.problem?.type === type) store.change({ problem: undefined });
  };

  const tone = createRingingTone(sound, options.language ?? navigator.language, speaker, blocked);
  const opus = createOpus(() => void upkeep.negotiate());

  const voice = createVoice({
    chosen: store.state.devices.microphone,
    use: (track) => {
      media?.use(track);
      applySpeech();
    },
    problem: (problem) => {
      store.change({ problem });
      void devices.refresh();
    },
    back: () => clear('device-gone'),
  });

  const devices = watchDevices(
    store,
    (id) => {
      media?.playOn(id);
      tone.move();
    },
    () => voice.revive(),
  );

  const line = createLine({
    descriptions: () => {
      if (!media) throw new Error('a call without sound');
      return media.peer.handler;
    },
    changed: (up) => {
      // The answer to an INVITE can't find this page any more.
      if (!up && session && !isAnswered()) finish(LOST);
      if (up) upkeep.reachable();
    },
  });

  const upkeep = createUpkeep({
    ...{ store, line, sound, opus, reporter },
    session: () => session,
    media: () => media,
    failed: (end) => finish(end),
  });

  const finish = (end: CallEnd): void => {
    if (over) return;
    over = true;
    tone.play(false);
    upkeep.stop();
    opus.stop();
    devices.stop();
    reporter?.flush();
    removeEventListener('pagehide', flush);
    removeEventListener('online', online);
    media?.close();
    voice.close();
    const isOffline = end.reason === 'unreachable' && !navigator.onLine;
    store.end(isOffline ? { ...end, code: 'offline' } : end);
    sound.rest();
    void leave(session, line);
  };

  const flush = (): void => reporter?.flush();
  const online = (): void => {
    line.nudge();
    upkeep.reachable();
  };

  const prepareMedia = (iceServers: readonly RTCIceServer[]): void => {
    media ??= createMedia({
      track: voice.track,
      iceServers,
      speaker: speaker(),
      listenOnly: store.state.listenOnly,
      gatheringMs: GATHERING_MS,
      keys: KEYS,
      texts: opus,
      connection: (state) => {
        if (state === 'connected') store.change({ connected: true });
      },
      direction: (direction) =>
        // To one who only listens, the gateway has nothing but to send.
        store.change({
          heldByOther: direction === 'inactive' || (direction === 'sendonly' && !store.state.listenOnly),
        }),
      blocked: (isBlocked) => (isBlocked ? blocked() : clear('no-sound-yet')),
      tracks: () => undefined,
    });
    applySpeech();
    media.peer.prepare();
  };

  const openWay = async (): Promise<Pass | undefined> => {
    const answer = await permit.fresh();
    if (over) return undefined;
    if (answer.type === 'refused') {
      finish(endOfToken(answer));
      return undefined;
    }
    needs = answer;
    store.change({ maxSeconds: answer.maxSeconds });
    const reached = line.up || line.open(answer.servers);
    prepareMedia(answer.iceServers);
    if (await reached) return answer;
    finish({ by: 'gateway', reason: 'unreachable' });
    return undefined;
  };

  /** Token, media and WebSocket, while the visitor is asked for the microphone. */
  const way = (): Promise<Pass | undefined> => {
    opening ??= openWay().finally(() => {
      opening = undefined;
    });
    return opening;
  };

  const answered = (): void => {
    tone.play(false);
    store.change({ phase: 'talking', answeredAt: store.state.answeredAt ?? Date.now() });
  };

  const ringing = (early: boolean): void => {
    if (resumed || over) return;
    tone.play(!early);
    store.change({ phase: 'ringing', ringingAt: store.state.ringingAt ?? Date.now() });
  };

  const place = (token: string, { uri, maxSeconds }: Needs, replaces: KeptCall | undefined): void => {
    const talkedS = (): number => (Date.now() - (store.state.answeredAt ?? Date.now())) / 1000;
    const invitation: Invitation = { uri, token, replaces, talkedS, maxSeconds };
    const inviter = line.agent && createDialog(line.agent, invitation);
    if (!inviter) {
      finish({ by: 'gateway', reason: 'failed' });
      return;
    }
    session = inviter;
    upkeep.start();
    // What the gateway says of a call that it has ended meanwhile is of no use to the visitor.
    const ended = (end: CallEnd): void =>
      finish(replaces && !isAnswered() && end.reason !== 'hung-up' ? { ...end, reason: 'lost' } : end);
    void follow(inviter, line, invitation, { ringing, answered, ended });
  };

  const begin = async (choice: 'ask' | 'none'): Promise<void> => {
    attempts += 1;
    const mine = attempts;
    const isOvertaken = (): boolean => mine !== attempts || over || session !== undefined;
    void way();
    if (choice === 'ask') {
      store.change({ phase: 'microphone', problem: undefined, listenOnly: false });
      const problem = await voice.open();
      // It was allowed after the visitor had gone on without.
      if (session && store.state.listenOnly) voice.close();
      if (isOvertaken()) return;
      if (problem) return store.change({ problem });
      void devices.refresh();
    }
    store.change({ phase: 'connecting', problem: undefined, listenOnly: choice === 'none' });
    // The visitor may have taken longer than the token is good for.
    await opening;
    const pass = over ? undefined : await way();
    if (!pass || isOvertaken()) return;
    media?.peer.listenOnly(choice === 'none');
    place(pass.token, pass, undefined);
  };

  /** Opens the microphone in the middle of a call. */
  const speakUp = async (): Promise<void> => {
    const problem = await voice.open();
    if (over) return;
    if (problem) return store.change({ problem, listenOnly: true });
    const listened = store.state.listenOnly;
    store.change({ problem: undefined, listenOnly: false });
    media?.peer.listenOnly(store.state.listenOnly);
    void devices.refresh();
    if (listened) await upkeep.negotiate();
  };

  const resume = async (kept: KeptCall): Promise<void> => {
    prepareMedia(kept.iceServers);
    if (!kept.listenOnly) void speakUp();
    while (!over && !(await line.open(kept.servers))) {
      if (Date.now() - kept.savedAt > RESUME_WITHIN_MS) return finish(LOST);
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
    if (!over) place(kept.resume, kept, kept);
  };

  const keep = (): KeptCall | undefined => {
    if (over || !needs) return undefined;
    const dialog = isAnswered() ? session?.dialog : undefined;
    if (!dialog) return resumed;
    return keptOf({ dialog, needs, pressId, server: line.server, state: store.state, now: Date.now() });
  };

  const start = (): void => {
    if (!isAble()) {
      finish({ by: 'us', reason: 'unable' });
      return;
    }
    addEventListener('pagehide', flush);
    addEventListener('online', online);
    void (resumed ? resume(resumed) : begin(options.microphone));
    // Takes a while in some browsers, and is of no use before it rings.
    sound.open();
  };

  start();
  return {
    get state() {
      return store.state;
    },
    hangUp: () => finish({ by: 'us', reason: 'hung-up' }),
    goOn: (choice) => {
      sound.open();
      if (isAnswered() && choice === 'ask') void speakUp();
      else if (store.state.phase === 'microphone') void begin(choice);
    },
    mute: (muted) => {
      store.change({ muted });
      applySpeech();
    },
    press: (text) => {
      const keys = keysOf(text);
      if (keys === '' || !isAnswered() || !media?.peer.press(keys)) return '';
      if (keys.length === 1) sound.key(keys, speaker());
      store.change({ keys: store.state.keys + keys });
      return keys;
    },
    setMicrophone: (id) =>
      void voice.choose(id).then((problem) => {
        if (problem) return store.change({ problem });
        store.change({ devices: { ...store.state.devices, microphone: id } });
      }),
    setSpeaker: (id) => {
      store.change({ devices: { ...store.state.devices, speaker: id } });
      media?.playOn(id);
      tone.move();
    },
    hearTest: () => {
      const track = voice.track?.clone();
      if (!track || testing || over) return;
      testing = true;
      applySpeech();
      void runHearTest({
        ...{ track, sound },
        speaker: speaker(),
        tell: (hearTest) => store.change({ hearTest }),
        stopped: () => over,
      }).finally(() => {
        testing = false;
        applySpeech();
      });
    },
    playSound: () => {
      sound.open();
      media?.play();
      clear('no-sound-yet');
    },
    dismiss: () => store.change({ problem: undefined }),
    keep,
  };
};
