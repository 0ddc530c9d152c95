import { connectSrf, type Req, type SipMessage, type Srf } from '../integration/sip-engine/srf.ts';
import { within } from '../support/wait.ts';
import { kindOf } from './calls.ts';
import * as noise from './noise.ts';
import type { Phone } from './phone.ts';
import { type Occasion, occasions, perSecond } from './plan.ts';
import { PROTOCOLS, type Protocol } from './wire.ts';

/** What the load needs of the stage. */
export type Stage = {
  readonly carrier: Srf;
  readonly phones: readonly Phone[];
  portOf(protocol: Protocol): number;
  readonly admin: { readonly address: string; readonly port: number };
  readonly secret: string;
  /** Gives the engine another certificate. */
  changeCertificate(n: number): Promise<void>;
};

/** What was done, and how much of it went otherwise than it should. */
export type Tally = {
  readonly done: ReadonlyMap<string, number>;
  readonly wrong: ReadonlyMap<string, number>;
  readonly total: number;
  readonly mistakes: number;
};

export type Load = {
  readonly tally: Tally;
  /** Begins nothing more, and waits until all that was begun is over. */
  stop(): Promise<void>;
};

/** Longest that anything may take, in milliseconds: a call that nobody answers rings for 128·T1. */
const PATIENCE = 60_000;

/** How long a guest stays, in milliseconds. */
const GUEST_STAYS = 8000;

type Asking = {
  request(uri: string, options: object, sent: (error: Error | null, request: Req) => void): void;
};

/** The final response. It may come in one piece with the word that the request is sent: a promise of that is too slow. */
const final = (srf: Srf, uri: string, options: object): Promise<SipMessage> =>
  new Promise((resolve, reject) => {
    (srf as unknown as Asking).request(uri, options, (error, request) => {
      if (error) reject(error);
      else request.on('response', (response: SipMessage) => resolve(response));
    });
  });

const expectOk = ({ status }: SipMessage): void => {
  if (status !== 200) throw new Error(`${status} instead of 200`);
};

const uriOf = ({ portOf }: Stage, n: number): string => {
  const protocol = PROTOCOLS[n % PROTOCOLS.length] ?? 'udp';
  return `sip:house@127.0.0.1:${portOf(protocol)};transport=${protocol}`;
};

/** An application that takes subscriptions for a while and is gone; its dialogs must not outlive it. */
const guest = async ({ admin, secret }: Stage): Promise<void> => {
  const srf = await connectSrf(admin, secret, (one) => {
    one.subscribe((req, res) => void one.createUAS(req, res, { headers: { Expires: '60' } }).catch(() => {}));
  });
  await new Promise((resolve) => setTimeout(resolve, GUEST_STAYS));
  srf.disconnect();
};

/** Nobody may be there to take it: 503 then. */
const subscribe = (stage: Stage, n: number): Promise<void> =>
  stage.carrier
    .createUAC(uriOf(stage, n), {
      method: 'SUBSCRIBE',
      headers: { Event: 'presence', Expires: '60', Contact: '<sip:watcher@localhost>' },
    })
    .then(
      () => {},
      (error: { status?: number }) => {
        if (error.status !== 503 && error.status !== 480) throw error;
      },
    );

const message = async (stage: Stage, n: number): Promise<void> =>
  expectOk(
    await final(stage.carrier, uriOf(stage, n), {
      method: 'MESSAGE',
      headers: { 'Content-Type': 'text/plain;charset=utf-8' },
      body: `grüße ${'你好 '.repeat(n % 400)}`,
    }),
  );

const register = async ({ phones }: Stage, n: number): Promise<void> => {
  const phone = phones[n % phones.length];
  const before = phone?.reboots;
  await phone?.register().catch((error: unknown) => {
    if (phone.reboots === before) throw error;
  });
};

const reboot = async ({ phones }: Stage, n: number): Promise<void> => {
  // 17 and 50 have no common divisor: each phone in turn, and never two neighbours.
  const phone = phones[(n * 17) % phones.length];
  await phone?.reboot();
  await phone?.register();
};

const deeds: Readonly<Record<Occasion, (stage: Stage, n: number) => Promise<void>>> = {
  registrations: register,
  calls: async (stage, n) =>
    kindOf(n)?.place({ srf: stage.carrier, phones: stage.phones, portOf: stage.portOf }, n),
  pings: async (stage, n) => expectOk(await final(stage.carrier, uriOf(stage, n), { method: 'OPTIONS' })),
  messages: message,
  reboots: reboot,
  subscriptions: subscribe,
  malformed: ({ portOf }, n) => noise.malformed(portOf('udp'), n),
  unknownMethods: ({ portOf }, n) => noise.unknownMethod(portOf('udp'), n),
  halfConnections: ({ portOf }, n) => noise.halfConnection(portOf, n),
  scanners: ({ portOf }, n) => noise.scanner(portOf('udp'), n),
  guests: guest,
  certificates: (stage, n) => stage.changeCertificate(n),
};

const nameOf = (occasion: Occasion, n: number): string =>
  occasion === 'calls' ? `calls ${kindOf(n)?.name ?? ''}` : occasion;

/** Begins everything at its pace. What a busy machine delays is caught up with. */
export const startLoad = (stage: Stage): Load => {
  const done = new Map<string, number>();
  const wrong = new Map<string, number>();
  const begun = new Map<Occasion, number>();
  const going = new Set<Promise<void>>();
  let total = 0;
  let mistakes = 0;
  const count = (counts: Map<string, number>, name: string): void =>
    void counts.set(name, (counts.get(name) ?? 0) + 1);

  const begin = (occasion: Occasion, n: number): void => {
    const name = nameOf(occasion, n);
    const deed = within(name, PATIENCE, deeds[occasion](stage, n)).then(
      () => count(done, name),
      (error: unknown) => {
        mistakes += 1;
        count(wrong, `${name}: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
    total += 1;
    going.add(deed);
    void deed.finally(() => going.delete(deed));
  };

  const started = performance.now();
  const timer = setInterval(() => {
    const seconds = (performance.now() - started) / 1000;
    for (const occasion of occasions) {
      const due = Math.floor(seconds * perSecond(occasion));
      for (let n = begun.get(occasion) ?? 0; n < due; n += 1) begin(occasion, n);
      begun.set(occasion, due);
    }
  }, 20);

  return {
    get tally() {
      return { done, wrong, total, mistakes };
    },
    async stop() {
      clearInterval(timer);
      while (going.size > 0) await Promise.all(going);
    },
  };
};
