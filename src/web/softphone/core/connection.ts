import { type Invitation, type SessionDescriptionHandlerFactory, UserAgent } from 'sip.js';
import { backOffMs } from '../../call/back-off.ts';
import { createProbe } from '../../call/probe.ts';
import type { Connection } from '../contract.ts';
import type { Reply, SipCredentials } from './api.ts';
import { type Outcome, register } from './registration.ts';

export type ConnectionParts = {
  /** RFC 5626 instance id of this page. */
  readonly instance: string;
  readonly descriptions: SessionDescriptionHandlerFactory;
  credentials(): Promise<Reply<SipCredentials>>;
  /** `retryAt` is when the next try is made, milliseconds since the epoch. */
  changed(connection: Connection, retryAt: number | undefined): void;
  invited(invitation: Invitation): void;
  /** Registered, for the first time or after the connection was lost. */
  registered(): void;
  /** The login is over: no credentials any more. */
  loginOver(): void;
  refused(status: number, text: string): void;
};

/** The page's way to the gateway: one user agent for the page's life, so that calls outlive the WebSocket under it. */
export type PhoneConnection = {
  readonly agent: UserAgent | undefined;
  readonly ready: boolean;
  readonly iceServers: readonly RTCIceServer[];
  start(): void;
  /** Tries at once instead of when it is due, or looks whether the connection is alive. */
  nudge(): void;
  /** Unregisters and ends every call. */
  stop(): Promise<void>;
  /** Fetches credentials anew when those at hand end soon. */
  refresh(): Promise<void>;
};

/** A WebSocket whose other end is gone is found out by a question every 20 s that stays unanswered for 8 s. */
const PROBE_TIMES = { everyMs: 20_000, waitMs: 8000 };
/** Credentials that end sooner are replaced before they are used. */
const FRESH_MS = 20_000;
const RENEW_AGAIN_MS = 10_000;
/** The gateway decides how long it rings. */
const RING_AT_MOST_S = 600;

export const createConnection = (parts: ConnectionParts): PhoneConnection => {
  let wanted = false;
  let connection: Connection = 'off';
  let agent: UserAgent | undefined;
  let credentials: SipCredentials | undefined;
  let failures = 0;
  let attempt: Promise<void> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let renewal: ReturnType<typeof setTimeout> | undefined;
  const probe = createProbe(
    () => agent,
    () => wanted,
    PROBE_TIMES,
  );

  const change = (next: Connection, retryAt?: number): void => {
    connection = next;
    parts.changed(next, retryAt);
  };

  const createAgent = (fresh: SipCredentials): UserAgent => {
    const uri = UserAgent.makeURI(fresh.address);
    const [server] = fresh.servers;
    if (!uri || !server) throw new Error('the gateway gave no address to connect to');
    return new UserAgent({
      uri,
      contactName: `p${crypto.randomUUID().replaceAll('-', '').slice(0, 12)}`,
      instanceId: parts.instance,
      transportOptions: { server, connectionTimeout: 5, keepAliveInterval: 0, traceSip: false },
      authorizationUsername: fresh.username,
      authorizationPassword: fresh.password,
      sessionDescriptionHandlerFactory: parts.descriptions,
      noAnswerTimeout: RING_AT_MOST_S,
      logBuiltinEnabled: false,
      logConfiguration: false,
      userAgentString: 'Dialtrace phone',
      delegate: {
        onInvite: parts.invited,
        onDisconnect: () => lost(),
      },
    });
  };

  const stopTimers = (): void => {
    clearTimeout(again);
    clearTimeout(renewal);
    probe.stop();
    again = undefined;
  };

  const lost = (): void => {
    if (!wanted) return;
    stopTimers();
    // What is under way fails by itself, and then the next try is planned.
    if (attempt) change('lost');
    else retry();
  };

  const retry = (): void => {
    const wait = backOffMs(failures);
    failures += 1;
    change('lost', Date.now() + wait);
    again = setTimeout(run, wait);
  };

  /** @returns whether there are fresh ones */
  const fetchCredentials = async (): Promise<boolean> => {
    const reply = await parts.credentials();
    if (!wanted) return false;
    if (reply.type === 'failed') {
      if (reply.status === 401) parts.loginOver();
      else if (reply.status >= 400) parts.refused(reply.status, reply.text);
      return false;
    }
    credentials = reply.value;
    if (agent) {
      // SIP.js reads both anew for each request that is challenged.
      agent.configuration.authorizationUsername = credentials.username;
      agent.configuration.authorizationPassword = credentials.password;
    }
    return true;
  };

  const open = async (): Promise<UserAgent> => {
    if (!credentials) throw new Error('no credentials');
    if (!agent) {
      agent = createAgent(credentials);
      await agent.start();
    } else if (!agent.transport.isConnected()) await agent.reconnect();
    return agent;
  };

  const renewIn = (ms: number): void => {
    clearTimeout(renewal);
    renewal = setTimeout(run, ms);
  };

  const settle = (outcome: Outcome, fresh: boolean): void => {
    if (outcome.type === 'accepted') {
      failures = 0;
      renewIn(outcome.refreshAfterMs);
      if (fresh) {
        change('ready');
        parts.registered();
      }
      return;
    }
    if (outcome.status !== 408 && outcome.status !== 503) parts.refused(outcome.status, outcome.text);
    throw new Error(`the registration failed: ${outcome.status}`);
  };

  const tryOnce = async (): Promise<void> => {
    const fresh = connection !== 'ready';
    try {
      if (!(await fetchCredentials())) {
        if (fresh) throw new Error('no credentials');
        // The registration holds a while yet, and so does what is being talked over this connection.
        if (wanted) renewIn(RENEW_AGAIN_MS);
        return;
      }
      const current = await open();
      if (fresh) probe.start();
      const outcome = await register(current, parts.instance);
      if (wanted) settle(outcome, fresh);
    } catch {
      // Whatever it was, the next try begins from the start.
      if (!wanted) return;
      await agent?.transport.disconnect().catch(() => undefined);
      throw new Error('not connected');
    }
  };

  const run = (): void => {
    clearTimeout(again);
    again = undefined;
    if (!wanted || attempt) return;
    if (connection !== 'ready') change(connection === 'off' ? 'connecting' : connection);
    attempt = tryOnce().then(
      () => {
        attempt = undefined;
        // It may have broken between the registration and now.
        if (wanted && agent && !agent.transport.isConnected()) lost();
      },
      () => {
        attempt = undefined;
        if (!wanted) return;
        stopTimers();
        retry();
      },
    );
  };

  return {
    get agent() {
      return agent;
    },
    get ready() {
      return connection === 'ready';
    },
    get iceServers() {
      return credentials?.iceServers ?? [];
    },
    start: () => {
      if (wanted) return;
      wanted = true;
      failures = 0;
      run();
    },
    nudge: () => {
      if (!wanted) return;
      if (connection === 'ready') void probe.ask();
      else run();
    },
    stop: async () => {
      wanted = false;
      stopTimers();
      await attempt?.catch(() => undefined);
      const last = agent;
      agent = undefined;
      if (last?.transport.isConnected()) await register(last, parts.instance, 0);
      await last?.stop().catch(() => undefined);
      change('off');
    },
    refresh: async () => {
      if (credentials && credentials.expiresAt - Date.now() > FRESH_MS) return;
      await fetchCredentials();
    },
  };
};
