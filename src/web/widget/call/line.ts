import { type SessionDescriptionHandlerFactory, UserAgent } from 'sip.js';
import { type BackOff, backOffMs } from '../../call/back-off.ts';
import { createProbe } from '../../call/probe.ts';

/** The way to the gateway: one user agent for the call's life, so that the call outlives the WebSocket under it. */
export type Line = {
  readonly agent: UserAgent | undefined;
  readonly up: boolean;
  /** WebSocket in use. */
  readonly server: string | undefined;
  /** Connects to the first server that answers. @returns false when none did; never rejects */
  open(servers: readonly string[]): Promise<boolean>;
  /** Whether the gateway answers over the WebSocket now; a dead one is dropped. */
  alive(): Promise<boolean>;
  /** Tries a lost connection again at once, or looks whether it is alive. */
  nudge(): void;
  /** For good. Never rejects. */
  close(): Promise<void>;
};

export type LineParts = {
  readonly descriptions: SessionDescriptionHandlerFactory;
  /** The WebSocket broke, or is there again. */
  changed(up: boolean): void;
};

/** Before the next try: up to 0.5, 1, 2, 4, 4 … seconds, and at least half of that. */
export const BACK_OFF: BackOff = { firstMs: 500, mostMs: 4000 };

const VISITOR = 'sip:visitor@anonymous.invalid';
const CONNECT_S = 4;
const PROBE_TIMES = { everyMs: 10_000, waitMs: 4000 };
/** While nobody hears anybody it has to be known sooner. */
const ALIVE_MS = 2000;
/** The gateway decides how long it rings. */
const RING_AT_MOST_S = 600;

export const createLine = ({ descriptions, changed }: LineParts): Line => {
  let wanted = true;
  let agent: UserAgent | undefined;
  let server: string | undefined;
  let failures = 0;
  let again: ReturnType<typeof setTimeout> | undefined;
  let trying: Promise<void> | undefined;
  const probe = createProbe(
    () => agent,
    () => wanted,
    PROBE_TIMES,
  );

  const isUp = (): boolean => agent?.transport.isConnected() ?? false;

  const makeAgent = (address: string): UserAgent => {
    const uri = UserAgent.makeURI(VISITOR);
    if (!uri) throw new Error('no address');
    const made: UserAgent = new UserAgent({
      uri,
      transportOptions: {
        server: address,
        connectionTimeout: CONNECT_S,
        keepAliveInterval: 0,
        traceSip: false,
      },
      sessionDescriptionHandlerFactory: descriptions,
      noAnswerTimeout: RING_AT_MOST_S,
      logBuiltinEnabled: false,
      logConfiguration: false,
      userAgentString: 'Dialtrace call button',
      delegate: {
        // Nobody calls a visitor.
        onInvite: (invitation) => void invitation.reject({ statusCode: 480 }).catch(() => undefined),
        onDisconnect: () => {
          if (made === agent) lost();
        },
      },
    });
    return made;
  };

  const retry = (): void => {
    clearTimeout(again);
    again = setTimeout(() => void reconnect(), backOffMs(failures, Math.random, BACK_OFF));
    failures += 1;
  };

  const lost = (): void => {
    probe.stop();
    // What is under way fails by itself, and then the next try is planned.
    if (!wanted || trying) return;
    changed(false);
    retry();
  };

  const tryAgain = async (current: UserAgent): Promise<void> => {
    const done = await current.reconnect().then(isUp, () => false);
    trying = undefined;
    if (!wanted) return;
    if (!done) return retry();
    failures = 0;
    probe.start();
    changed(true);
  };

  const reconnect = (): Promise<void> => {
    clearTimeout(again);
    if (!wanted || !agent || isUp()) return Promise.resolve();
    trying ??= tryAgain(agent);
    return trying;
  };

  const tryServer = async (address: string): Promise<boolean> => {
    const made = makeAgent(address);
    const connected = await made.start().then(
      () => made.transport.isConnected(),
      () => false,
    );
    if (connected && wanted) {
      agent = made;
      server = address;
      probe.start();
      return true;
    }
    await made.stop().catch(() => undefined);
    return false;
  };

  return {
    get agent() {
      return agent;
    },
    get up() {
      return isUp();
    },
    get server() {
      return server;
    },
    open: async (servers) => {
      if (agent) {
        await reconnect();
        return isUp();
      }
      for (const address of servers) {
        if (!wanted) return false;
        if (await tryServer(address).catch(() => false)) return true;
      }
      return false;
    },
    alive: async () => isUp() && (await probe.ask(ALIVE_MS)),
    nudge: () => {
      if (isUp()) void probe.ask();
      else void reconnect();
    },
    close: async () => {
      wanted = false;
      clearTimeout(again);
      probe.stop();
      await agent?.stop().catch(() => undefined);
    },
  };
};
