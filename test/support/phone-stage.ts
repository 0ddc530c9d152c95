import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser, type ToneBrowser } from './browser.ts';
import { commandOf } from './command.ts';
import type { GatewayOptions, Plan } from './gateway.ts';
import { type MediaRelay, openMediaRelay } from './media-relay.ts';
import { buildPage } from './page.ts';
import { claimPorts } from './ports.ts';
import { type HostPort, hostPort } from './sip-message.ts';
import { type Login, openSoftphone, type PageSoftphone } from './softphone.ts';
import { openStage, SOURCE, type Stage, type StageOptions } from './stage.ts';
import { openStreamRelay, type StreamRelay } from './stream-relay.ts';

/** Agents, and a supervisor, with softphones in real browsers. */

/** Where browsers think that the gateway is. */
const RELAY = '127.0.0.9';
/** A carrier whose audio is encrypted with keys in SDP. */
export const SECURE_CARRIER = '127.0.0.8';
export const PASSWORD = 'correct horse battery';
const DOMAIN = 'phones.example';

export const USERS = { alice: 'agent', bob: 'agent', carol: 'supervisor' } as const;
export type UserName = keyof typeof USERS;

/** Tones of the microphones, besides 400 Hz of the carrier and 700 Hz of a line. */
export const TONE = { caller: 400, line: 700, alice: 1000, bob: 1300, carol: 1700 } as const;
export const TONES: readonly number[] = Object.values(TONE);

export const RINGS = {
  alice: '+493023125041',
  bob: '+493023125042',
  /** Alice for 3 s, then Bob. */
  aliceThenBob: '+493023125043',
  /** Alice, then the stage's first line. */
  aliceThenFirst: '+493023125044',
} as const;

export type PhoneStage = Stage & {
  readonly media: MediaRelay;
  readonly signalling: StreamRelay;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly users: typeof USERS;
  /** The user's browser; started at the first call. */
  browser(user: UserName): Promise<ToneBrowser>;
  /** Logged in by the page's form and registered. */
  softphone(user: UserName, beside?: PageSoftphone): Promise<PageSoftphone>;
  login(user: UserName): Login;
  readonly domain: string;
};

const extension = (): Pick<Plan, 'lines' | 'numbers'> => ({
  lines: [
    { id: 'alice', type: 'user', user: 'alice', ringTimeoutSeconds: 15 },
    { id: 'alice-brief', type: 'user', user: 'alice', ringTimeoutSeconds: 3 },
    { id: 'bob', type: 'user', user: 'bob', ringTimeoutSeconds: 15 },
  ],
  numbers: [
    { number: RINGS.alice, label: 'Poster', source: SOURCE.id, lines: ['alice'] },
    { number: RINGS.bob, source: SOURCE.id, lines: ['bob'] },
    { number: RINGS.aliceThenBob, source: SOURCE.id, lines: ['alice-brief', 'bob'] },
    { number: RINGS.aliceThenFirst, source: SOURCE.id, lines: ['alice', 'first'] },
  ],
});

export const addUser = async (stage: Stage, user: UserName): Promise<void> => {
  const file = join(stage.gateway.directory, `${user}.txt`);
  writeFileSync(file, PASSWORD);
  const display = `${user.slice(0, 1).toUpperCase()}${user.slice(1)}`;
  const words = ['--password-file', file, '--display', display, '--role', USERS[user]];
  const { code, stderr } = await commandOf(stage.gateway)('user', 'add', user, ...words);
  if (code !== 0) throw new Error(`user add ${user}: ${stderr}`);
};

export type PhoneStageOptions = Omit<StageOptions, 'extend'> & {
  readonly users?: readonly UserName[];
  readonly workers?: number;
  /** Where browsers think that the gateway's media is, an address of this machine. */
  readonly mediaAddress?: string;
};

/**
 * A gateway with an agent or more. The stage's first line is also the gateway of the trunk that agents call out through. Media and
 * signalling of browsers pass through relays that a test can cut.
 */
export const openPhoneStage = async (options: PhoneStageOptions = {}): Promise<PhoneStage> => {
  const { users = ['alice'], workers = 1, mediaAddress = RELAY, media, phone, ...rest } = options;
  await buildPage();
  const ports = await claimPorts(10);
  const [wsPort, mediaPort] = [ports.take(), ports.take()];
  const place: HostPort = { address: mediaAddress, port: mediaPort };
  const relay = await openMediaRelay(place, { address: '127.0.0.1', port: mediaPort });
  const signalling = await openStreamRelay(RELAY, () => ({ address: '127.0.0.1', port: wsPort }));
  const closeAround = async (): Promise<void> => {
    await Promise.all([relay.close(), signalling.close(), ports.release()]);
  };

  const browsers = new Map<UserName, Promise<ToneBrowser>>();
  const trunksOf = (first: string): GatewayOptions['trunks'] => [
    { id: 'secure', sources: [SECURE_CARRIER], region: 'DE', srtp: 'required' },
    { id: 'out', gateway: first, region: 'DE' },
  ];
  const stage = await openStage({
    registrar: { domains: [DOMAIN], minExpires: 1 },
    ...rest,
    listen: [{ transport: 'ws', address: '127.0.0.1', port: wsPort }],
    media: {
      ...media,
      webrtc: { address: '127.0.0.1', publicAddress: mediaAddress, port: mediaPort, workers },
    },
    phone: { servers: [`ws://${hostPort(signalling.place)}`], ...phone },
    extend: ({ first }) => ({ ...extension(), trunks: trunksOf(first.uri('trunk').replace('trunk@', '')) }),
  }).catch(async (error: unknown) => {
    await closeAround();
    throw error;
  });

  const close = async (): Promise<void> => {
    const opened = await Promise.allSettled(browsers.values());
    await Promise.all(opened.map((each) => each.status === 'fulfilled' && each.value.close()));
    await stage.close();
    await closeAround();
  };

  const browser = (user: UserName): Promise<ToneBrowser> => {
    const known = browsers.get(user) ?? openBrowser(TONE[user]);
    browsers.set(user, known);
    return known;
  };

  try {
    // One after the other: each is a process of its own.
    for (const user of users) await addUser(stage, user);
  } catch (error) {
    await close();
    throw error;
  }

  const origin = `http://${hostPort(stage.gateway.http)}`;
  const login = (user: UserName): Login => ({ origin, user, password: PASSWORD });
  return {
    ...stage,
    media: relay,
    signalling,
    origin,
    users: USERS,
    domain: DOMAIN,
    browser,
    login,
    softphone: async (user, beside) => openSoftphone(await browser(user), login(user), beside),
    close,
  };
};
