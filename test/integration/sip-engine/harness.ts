import { createSipEngine, type SipEngine, type SipEngineOptions } from '../../../src/sip-engine/index.ts';
import { type Call, createCall, createPeer, type Options, type Peer, sdp, type Text, tagIn } from './peer.ts';
import { connectSrf, type Dialog, type Req, type Res, type Srf } from './srf.ts';

export const SECRET = 'only for tests';

export type Harness = {
  readonly engine: SipEngine;
  /** Port of the engine's UDP point on 127.0.0.1. */
  readonly port: number;
  readonly srf: Srf;
  peer(): Promise<Peer>;
  app(prepare?: (srf: Srf) => void): Promise<Srf>;
  close(): Promise<void>;
};

/** An engine with short timers, an application on it, and peers; all closed by `close`. */
export const startHarness = async (
  options: Partial<SipEngineOptions> = {},
  prepare: (srf: Srf) => void = () => {},
): Promise<Harness> => {
  const engine = await createSipEngine({
    listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
    admin: { address: '127.0.0.1', port: 0, secret: SECRET },
    ...options,
  });
  const closers: (() => unknown)[] = [];
  const app = async (prepareApp: (srf: Srf) => void = () => {}): Promise<Srf> => {
    const srf = await connectSrf(engine.admin, SECRET, prepareApp);
    closers.push(() => {
      // An application that is disconnected already can't be asked to do it again.
      try {
        srf.disconnect();
      } catch {}
    });
    return srf;
  };
  const srf = await app(prepare);
  return {
    engine,
    port: Number(engine.hostports[0]?.split(':').at(-1)),
    srf,
    app,
    async peer() {
      const peer = await createPeer();
      closers.push(() => peer.close());
      return peer;
    },
    async close() {
      await engine.close();
      for (const closer of closers) await closer();
    },
  };
};

/** A promise to be settled from outside, with a limit so that a test fails rather than hangs. */
export const deferred = <T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } => {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something holds. */
export const until = async (holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> => {
  const limit = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error(`not within ${ms} ms: ${holds}`);
    await pause(20);
  }
};

/** A raw caller in an answered call. */
export const callIn = async (
  harness: Harness,
  peer: Peer,
  options: Options & { ack?: boolean } = {},
): Promise<{ call: Call; ok: Text }> => {
  const call = createCall(peer, harness.port);
  peer.send(call.invite(options), harness.port);
  const ok = await peer.next('INVITE 200');
  call.remoteTag = tagIn(ok.header('To'));
  call.remoteTarget = /<([^>]+)>/.exec(ok.header('Contact'))?.[1] ?? call.remoteTarget;
  if (options.ack !== false) peer.send(call.request('ACK'), harness.port);
  return { call, ok };
};

/** The application in a call it has placed to a raw callee, answered. */
export const callOut = async (
  harness: Harness,
  peer: Peer,
  options: object = {},
  answer: Options = {},
): Promise<{ dialog: Dialog; call: Call; invite: Text; ack: Text }> => {
  const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, {
    localSdp: sdp('app'),
    ...options,
  });
  const invite = await peer.next('INVITE');
  const call = calleeOf(harness, peer, invite);
  peer.send(call.respond(invite, 200, 'OK', { body: sdp('answer'), ...answer }), harness.port);
  const dialog = await placed;
  const ack = await peer.next('ACK');
  return { dialog, call, invite, ack };
};

/** The callee's side of a call the engine has placed. */
export const calleeOf = (harness: Harness, peer: Peer, invite: Text, localTag?: string): Call => {
  const call = createCall(peer, harness.port, {
    id: invite.header('Call-ID'),
    remoteTag: tagIn(invite.header('From')),
    ...(localTag !== undefined && { localTag }),
  });
  call.remoteTarget = /<([^>]+)>/.exec(invite.header('Contact'))?.[1] ?? call.remoteTarget;
  return call;
};

/** Hands each INVITE of the application to a promise. */
export const nextInvite = (): {
  handler: (req: Req, res: Res) => void;
  taken: Promise<{ req: Req; res: Res }>;
} => {
  const { promise, resolve } = deferred<{ req: Req; res: Res }>();
  return { handler: (req, res) => resolve({ req, res }), taken: promise };
};
