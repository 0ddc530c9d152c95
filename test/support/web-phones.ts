import JsSIP from 'jssip';
import { type Invitation, Registerer, RegistererState, UserAgent } from 'sip.js';
import { WebSocket } from 'ws';
import type { PhoneAccount } from './phone.ts';

/** The two libraries that phones in browsers are made of, in Node.js. */

export const WEB_LIBRARIES = ['JsSIP', 'SIP.js'] as const;

export type WebLibrary = (typeof WEB_LIBRARIES)[number];

/** A call that rings at the phone. */
export type WebCall = { readonly from: string; refuse(status: number): void };

export type LibraryPhone = {
  /** Connects, and registers; gives 200 or the status of the refusal. */
  register(): Promise<number>;
  /** Registers again; the library keeps how that went to itself. */
  refresh(): void;
  unregister(): Promise<void>;
  readonly contact: string;
  readonly registered: () => boolean;
  readonly calls: readonly WebCall[];
  /** Bodies of MESSAGEs. */
  readonly messages: readonly string[];
  close(): Promise<void>;
};

export type WebPhoneOptions = PhoneAccount & {
  /** `ws:` or `wss:` URL of the gateway. */
  readonly url: string;
  readonly userAgent: string;
};

/** Seconds after which a phone that lost its connection tries again. */
const RETRY_SECONDS = 1;

/**
 * Makes of this process as much of a browser as the libraries look for: a WebSocket that believes `ca` and says where its
 * page came from, and WebRTC by name. Gives what takes it back.
 */
export const pretendBrowser = (ca?: string): (() => void) => {
  const browser = {
    WebSocket: class extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols, { origin: 'https://phone.example', ...(ca !== undefined && { ca }) });
      }
    },
    window: { RTCPeerConnection: class {} },
  };
  const before = Object.keys(browser).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  Object.assign(globalThis, browser);
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
  };
};

/** What JsSIP's own types give only to who knows the DOM. */
type JsSipCall = {
  readonly originator: string;
  readonly request: { readonly from: unknown };
  readonly session: { terminate(options: { status_code: number }): void };
};

type Settle = (status: number) => void;

const openJsSip = ({ user, domain, password, url, userAgent }: WebPhoneOptions): LibraryPhone => {
  const calls: WebCall[] = [];
  const messages: string[] = [];
  let settle: Settle = () => undefined;
  let gone: () => void = () => undefined;
  const agent = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(url)],
    uri: `sip:${user}@${domain}`,
    password,
    user_agent: userAgent,
    register: false,
    connection_recovery_min_interval: RETRY_SECONDS,
    connection_recovery_max_interval: RETRY_SECONDS,
  });
  let wanted = false;
  let connected: () => void = () => undefined;
  agent.on('connected', () => {
    connected();
    if (wanted) agent.register();
  });
  agent.on('registered', () => settle(200));
  agent.on('registrationFailed', ({ response }: { response?: { status_code: number } }) =>
    settle(response?.status_code ?? 0),
  );
  agent.on('unregistered', () => gone());
  agent.on('newRTCSession', ({ session, originator, request }: JsSipCall) => {
    if (originator !== 'remote') return;
    calls.push({
      from: String(request.from),
      refuse: (status) => session.terminate({ status_code: status }),
    });
  });
  agent.on('newMessage', ({ request }: { request: { body: string } }) => messages.push(request.body));
  return {
    async register() {
      if (!agent.isConnected()) {
        const open = new Promise<void>((resolve) => {
          connected = resolve;
        });
        agent.start();
        await open;
      }
      wanted = true;
      return new Promise<number>((resolve) => {
        settle = resolve;
        agent.register();
      });
    },
    refresh: () => agent.register(),
    unregister() {
      wanted = false;
      return new Promise<void>((resolve) => {
        gone = resolve;
        agent.unregister();
      });
    },
    get contact() {
      return String(agent.contact.uri);
    },
    registered: () => agent.isRegistered(),
    calls,
    messages,
    close: async () => agent.stop(),
  };
};

const openSipJs = ({ user, domain, password, url, userAgent }: WebPhoneOptions): LibraryPhone => {
  const calls: WebCall[] = [];
  const messages: string[] = [];
  const uri = UserAgent.makeURI(`sip:${user}@${domain}`);
  if (!uri) throw new Error('no URI');
  const retry = (): void => {
    setTimeout(() => {
      if (wanted) agent.reconnect().catch(retry);
    }, RETRY_SECONDS * 1000);
  };
  const agent: UserAgent = new UserAgent({
    uri,
    authorizationUsername: user,
    authorizationPassword: password,
    transportOptions: { server: url },
    userAgentString: userAgent,
    logBuiltinEnabled: false,
    delegate: {
      onConnect: () => {
        if (wanted) void registerer.register();
      },
      onDisconnect: (error) => {
        if (error) retry();
      },
      onInvite: (invitation: Invitation) => {
        calls.push({
          from: String(invitation.remoteIdentity.uri),
          refuse: (status) => void invitation.reject({ statusCode: status }),
        });
      },
      onMessage: (message) => {
        messages.push(message.request.body);
        void message.accept();
      },
    },
  });
  const registerer = new Registerer(agent);
  let wanted = false;
  return {
    async register() {
      if (!agent.isConnected()) await agent.start();
      wanted = true;
      return new Promise<number>((resolve, reject) => {
        registerer
          .register({
            requestDelegate: {
              onAccept: () => resolve(200),
              onReject: ({ message }) => resolve(message.statusCode ?? 0),
            },
          })
          .catch(reject);
      });
    },
    refresh: () => void registerer.register(),
    async unregister() {
      wanted = false;
      await new Promise<void>((resolve, reject) => {
        registerer.unregister({ requestDelegate: { onAccept: () => resolve() } }).catch(reject);
      });
    },
    get contact() {
      return String(agent.contact.uri);
    },
    registered: () => registerer.state === RegistererState.Registered && agent.isConnected(),
    calls,
    messages,
    close: async () => {
      wanted = false;
      await agent.stop();
    },
  };
};

/** A phone of this library, not connected yet. `pretendBrowser` comes first. */
export const openLibraryPhone = (library: WebLibrary, options: WebPhoneOptions): LibraryPhone =>
  library === 'JsSIP' ? openJsSip(options) : openSipJs(options);
