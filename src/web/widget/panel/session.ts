import { type Ground, KEPT, type Press } from '../button/contract.ts';
import type { OpenCall, WidgetCall } from '../call/contract.ts';
import { createGate, type Gate, type Outcome, type Refusal } from './gate.ts';
import { createTale } from './tale.ts';
import type { KeptPress, Scene, Session, View, Why } from './view.ts';

export type SessionOptions = {
  readonly ground: Ground;
  readonly press: Press;
  readonly openCall: OpenCall;
  readonly resumed?: KeptPress;
  onChange(view: View): void;
  onClose(): void;
};

/** Another code is sent after so long. */
const CODE_APART_MS = 30_000;

const firstScene = ({ decision, facts, intent }: Press): Scene => {
  if (decision.type === 'offer')
    return { type: 'offer', why: decision.why, first: decision.first, problem: undefined };
  if (facts.confirm !== 'none' || (facts.intents.length > 0 && intent === undefined))
    return { type: 'sheet' };
  if (decision.microphone === 'granted') return { type: 'call' };
  return { type: 'explain', denied: decision.microphone === 'denied' };
};

/** Without a storage a call ends with its page. */
const inStorage = (use: (storage: Storage) => void): void => {
  try {
    use(sessionStorage);
  } catch {}
};

/** One press, from the click until what it led to is closed. */
export const createSession = (options: SessionOptions): Session => {
  const { ground, press, openCall, resumed, onChange, onClose } = options;
  const { facts, decision } = press;
  const gate: Gate = createGate(ground, press);
  const tale = createTale(ground, press);
  let call: WidgetCall | undefined;
  let proof: string | undefined;
  /** A number that waits for its proof before it is called back. */
  let toCallBack: string | undefined;
  let closed = false;
  /** The latest click that asks for the call. */
  let askedAt = press.at;
  let view: View = {
    press,
    scene: resumed ? { type: 'call' } : firstScene(press),
    busy: false,
    call: undefined,
    minimised: resumed?.minimised ?? false,
    intent: press.intent ?? resumed?.intent,
    rated: undefined,
    qrUrl: gate.qrUrl,
  };
  const set = (change: Partial<View>): void => {
    if (closed) return;
    const { type } = view.scene;
    view = { ...view, ...change };
    if (view.scene.type !== type) tale.scene(view.scene);
    onChange(view);
  };
  const show = (scene: Scene): void => set({ scene, busy: false, minimised: false });

  /** Waits for the gateway; what comes after the end is dropped. */
  const asking = async <T>(
    question: Promise<Outcome<T>>,
    done: (answer: T) => void,
    refused: (refusal: Refusal) => void,
  ): Promise<void> => {
    set({ busy: true });
    const answer = await question;
    if (closed) return;
    set({ busy: false });
    if (answer.type === 'done') done(answer);
    else refused(answer);
  };

  const open = (microphone: 'ask' | 'none'): void => {
    const since = askedAt;
    const isTakenUp = resumed !== undefined && call === undefined;
    if (isTakenUp) tale.resume();
    else tale.begin(since, microphone);
    set({ scene: { type: 'call' }, busy: false, minimised: isTakenUp && view.minimised });
    call = openCall({
      pressId: press.id,
      token: () => gate.token({ intent: view.intent, proof }, performance.now() - since),
      microphone,
      ...(isTakenUp && { resumed: resumed.call }),
      language: press.language === 'zh' ? 'zh-CN' : navigator.language,
      report: { url: `${ground.origin}/v1/button/quality`, site: ground.site },
      onChange: (state) => {
        tale.call(state);
        // Other ways are shown by now: what is left of the call says nothing.
        if (view.scene.type !== 'call') return;
        // The gateway wants what this page thought was done.
        if (state.end?.code === 'verify') show({ type: 'number', problem: undefined });
        else if (state.end?.code === 'intent' && facts.intents.length > 0) show({ type: 'sheet' });
        else if (state.end?.by === 'us' && state.answeredAt === undefined) session.close();
        else set({ call: state, ...(state.end && { minimised: false }) });
      },
    });
    set({ call: call.state });
  };
  /** The microphone comes next; whoever was not told before is told now. */
  const toCall = (told: boolean): void => {
    if (decision.type !== 'call' || decision.microphone === 'granted' || told) open('ask');
    else show({ type: 'explain', denied: decision.microphone === 'denied' });
  };
  const callBack = (number: string): Promise<void> =>
    asking(
      gate.callBack(number, { intent: view.intent, proof }),
      ({ when, dueAt }) => {
        toCallBack = undefined;
        tale.askedBack(when);
        show({ type: 'asked', when, dueAt });
      },
      ({ code }) => {
        if (code === 'verify' && proof === undefined) {
          toCallBack = number;
          sendCode(number);
        } else offer(code);
      },
    );
  const sendCode = (number: string): Promise<void> =>
    asking(
      gate.sendCode(number),
      ({ challenge }) => {
        tale.tell('code_sent');
        const againAt = performance.now() + CODE_APART_MS;
        show({ type: 'code', number, challenge, againAt, problem: undefined });
      },
      ({ code }) => (toCallBack === undefined ? show({ type: 'number', problem: code }) : offer(code)),
    );
  const offer = (problem?: Refusal['code']): void => {
    const before = view.scene.type === 'offer' ? view.scene : undefined;
    const why: Why = before?.why ?? (decision.type === 'offer' ? decision.why : 'other');
    const first = before?.first ?? (problem === undefined ? 'number' : 'callback');
    show({ type: 'offer', why, first, problem });
  };

  tale.scene(view.scene);
  const session: Session = {
    get view() {
      return view;
    },
    get call() {
      return call;
    },
    choose: (intent) => set({ intent }),
    confirm: () => {
      askedAt = performance.now();
      tale.tell('confirm_ok', { ...(view.intent && { intent: view.intent }) });
      if (facts.confirm === 'sms' && proof === undefined) show({ type: 'number', problem: undefined });
      else toCall(decision.type === 'call' && decision.microphone === 'ask');
    },
    sendCode: (number) => void sendCode(number),
    checkCode: (code) => {
      const { scene } = view;
      if (scene.type !== 'code') return;
      askedAt = performance.now();
      asking(
        gate.checkCode(scene.challenge, code),
        (answer) => {
          proof = answer.proof;
          tale.tell('code_ok');
          if (toCallBack !== undefined) callBack(toCallBack);
          else toCall(decision.type === 'call' && decision.microphone === 'ask');
        },
        (problem) => show({ ...scene, problem }),
      );
    },
    otherNumber: () => (toCallBack === undefined ? show({ type: 'number', problem: undefined }) : offer()),
    goOn: (microphone) => {
      if (view.scene.type === 'explain') askedAt = performance.now();
      if (call && call.state.phase !== 'ended') call.goOn(microphone);
      else open(microphone);
    },
    callBack: (number) => void callBack(number),
    offerOthers: () => {
      offer();
      call?.hangUp();
    },
    callAgain: () => {
      set({ call: undefined, rated: undefined });
      askedAt = performance.now();
      open('ask');
    },
    rate: (stars) => {
      if (view.rated !== undefined) return;
      set({ rated: stars });
      gate.rate(stars);
    },
    dialled: () => tale.dialled(),
    minimise: (minimised) => set({ minimised }),
    close: () => {
      if (closed) return;
      call?.hangUp();
      closed = true;
      ground.flush();
      onClose();
    },
    leave: () => {
      const kept = call?.keep();
      if (!kept) return call?.hangUp();
      const { from: _, focus: __, ...rest } = press;
      const text: KeptPress = {
        at: Date.now(),
        site: ground.site,
        press: rest,
        intent: view.intent,
        minimised: view.minimised,
        call: kept,
      };
      inStorage((storage) => storage.setItem(KEPT, JSON.stringify(text)));
    },
  };
  return session;
};

/** Begins: a call that needs no further word is opened at once. */
export const beginSession = (session: Session): void => {
  if (session.view.scene.type === 'call' && !session.call) session.goOn('ask');
};
