import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WEEKDAYS } from '../../src/config/index.ts';
import { buildScript, openWebSite, type WebSite } from './dni-pages.ts';
import { type GatewayOptions, newest, type Plan } from './gateway.ts';
import { type MediaRelay, openMediaRelay } from './media-relay.ts';
import { buildPage } from './page.ts';
import { addUser, PASSWORD, type UserName } from './phone-stage.ts';
import { claimPorts } from './ports.ts';
import { type HostPort, hostPort } from './sip-message.ts';
import type { Login } from './softphone.ts';
import { openStage, SOURCE, type Stage } from './stage.ts';
import { openStreamRelay, type StreamRelay } from './stream-relay.ts';

/** A web site with call buttons: a real gateway, lines and an agent behind it, and the site's own server. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Where browsers think that the gateway is. */
const RELAY = '127.0.0.9';
const SCRIPTS = ['dt-call.js', 'dt-call-phone.js'];

/** Builds the scripts of call buttons unless they are newer than their source. */
export const buildWidget = async (): Promise<void> => {
  const changed = Math.max(
    newest(join(ROOT, 'src/web/widget')),
    newest(join(ROOT, 'src/web/call')),
    statSync(join(ROOT, 'vite.widget.config.ts')).mtimeMs,
  );
  const built = SCRIPTS.map((name) => join(ROOT, 'dist/web/widget', name));
  if (built.every((path) => existsSync(path) && statSync(path).mtimeMs > changed)) return;
  const words = ['build', '-c', 'vite.widget.config.ts', '--logLevel', 'warn'];
  await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), ...words], {
    cwd: ROOT,
  });
};

/** In the pages, and dialled where a browser can not talk. */
export const NUMBER = '+493023125100';
export const SHOWN_NUMBER = '030 23125100';
export const POOL = ['+493023125111', '+493023125112', '+493023125113', '+493023125114'] as const;
/** Hz: visitors, and lines as on every stage. */
export const TONE = { visitor: 1100, line: 700, alice: 1000 } as const;
export const TONES: readonly number[] = Object.values(TONE);

const base = { site: 'main', number: NUMBER, source: SOURCE.id } as const;

/** By what they are for. */
const buttons: NonNullable<Plan['buttons']> = [
  { ...base, id: 'sales', lines: ['first'], text: { en: 'Call us', zh: '联系我们' } },
  { ...base, id: 'agent', lines: ['alice'] },
  { ...base, id: 'sipp', lines: ['sipp'] },
  {
    ...base,
    id: 'ask',
    lines: ['first'],
    confirm: 'confirm',
    text: { en: 'Talk to us', zh: '免费咨询' },
    notice: { en: 'Calls are recorded.', zh: '通话将被录音。' },
    intents: [
      { id: 'presale', text: { en: 'I want to buy', zh: '售前咨询' } },
      { id: 'aftersale', text: { en: 'I have an order', zh: '售后服务' }, lines: ['second'] },
    ],
  },
  { ...base, id: 'proven', lines: ['first'], confirm: 'sms' },
  { ...base, id: 'night', lines: ['first'], schedule: 'not-today' },
  { ...base, id: 'varied', lines: ['first'] },
  { ...base, id: 'corner', lines: ['first'], position: 'bottom-right', color: '#1a4fd6', size: 'large' },
  { ...base, id: 'elsewhere', site: 'other', lines: ['first'] },
];

export type ButtonStage = Stage & {
  readonly site: WebSite;
  /** UDP between browsers and the gateway; while it is cut, TCP gets through. */
  readonly media: MediaRelay;
  readonly mediaByTcp: StreamRelay;
  readonly signalling: StreamRelay;
  /** `http://127.0.0.1:PORT` of the gateway. */
  readonly origin: string;
  /** Puts a page with the scripts' tags and this body onto the site; its address. */
  page(body: string, options?: PageOptions): string;
  login(user: UserName): Login;
};

export type PageOptions = {
  /** Default `/`. */
  readonly path?: string;
  /** Default `en`. */
  readonly language?: string;
  /** With dt.js, so that a visit is known. Default true. */
  readonly visits?: boolean;
  readonly head?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type ButtonStageOptions = Partial<Omit<GatewayOptions, 'plan'>> & {
  readonly users?: readonly UserName[];
  /** Where browsers think that the gateway's media is, an address of this machine. */
  readonly mediaAddress?: string;
};

/** The markup that the documents tell people to write. */
export const buttonOf = (id: string, more = ''): string =>
  `<dt-call-button button="${id}"${more}><a href="tel:${NUMBER}">${SHOWN_NUMBER}</a></dt-call-button>`;

const inThreeDays = () => WEEKDAYS[(new Date(Date.now() + 3 * 86_400_000).getUTCDay() + 6) % 7] ?? 'mon';

const planOf = (host: string) => ({
  lines: [{ id: 'alice', type: 'user' as const, user: 'alice', ringTimeoutSeconds: 20 }],
  pools: [{ id: 'ads', lines: ['first'], quietDays: 0 }],
  numbers: POOL.map((number) => ({ number, pool: 'ads' })),
  schedules: [{ id: 'not-today', timezone: 'UTC', hours: { [inThreeDays()]: ['10:00-12:00'] } }],
  sites: [
    {
      id: 'main',
      hosts: [host],
      targets: [{ number: NUMBER }],
      rules: [{ id: 'ads', use: { pool: 'ads' } }],
    },
    { id: 'other', hosts: ['other.example'], targets: [{ number: NUMBER }] },
  ],
  buttons,
  experiments: [
    {
      id: 'words',
      button: 'varied',
      arms: [
        { id: 'plain', text: 'Call us' },
        { id: 'free', text: 'Talk for free' },
      ],
    },
  ],
});

/** What tests do is no attack. */
const LIMITS = {
  tokensPerMinute: 1000,
  callsPerAddress: 50,
  callsPerSite: 50,
  codesPerHour: 50,
  callbacksPerDay: 50,
  callbacksPerAddress: 50,
};

export const openButtonStage = async (options: ButtonStageOptions = {}): Promise<ButtonStage> => {
  const { users = [], mediaAddress = RELAY, media: mediaOptions, buttons: buttonOptions, ...rest } = options;
  await Promise.all([buildScript(), buildWidget(), users.length > 0 ? buildPage() : undefined]);
  const site = await openWebSite();
  const ports = await claimPorts(10);
  const [wsPort, mediaPort] = [ports.take(), ports.take()];
  const place: HostPort = { address: mediaAddress, port: mediaPort };
  const behind: HostPort = { address: '127.0.0.1', port: mediaPort };
  const media = await openMediaRelay(place, behind);
  const tcp = await openStreamRelay(mediaAddress, () => behind, mediaPort);
  const signalling = await openStreamRelay(RELAY, () => ({ address: '127.0.0.1', port: wsPort }));
  const closeAround = async (): Promise<void> => {
    site.close();
    await Promise.all([media.close(), tcp.close(), signalling.close(), ports.release()]);
  };

  const stage = await openStage({
    registrar: { domains: ['phones.example'], minExpires: 1 },
    listen: [{ transport: 'ws', address: '127.0.0.1', port: wsPort }],
    media: {
      ...mediaOptions,
      webrtc: { address: '127.0.0.1', publicAddress: mediaAddress, port: mediaPort, workers: 1 },
    },
    phone: { servers: [`ws://${hostPort(signalling.place)}`] },
    buttons: { ...buttonOptions, limits: { ...LIMITS, ...buttonOptions?.limits } },
    ...rest,
    extend: ({ first }) => ({
      ...planOf(new URL(site.origin).host),
      trunks: [{ id: 'out', gateway: first.uri('trunk').replace('trunk@', ''), region: 'DE' }],
    }),
  }).catch(async (error: unknown) => {
    await closeAround();
    throw error;
  });
  const close = async (): Promise<void> => {
    await stage.close();
    await closeAround();
  };
  try {
    for (const user of users) await addUser(stage, user);
  } catch (error) {
    await close();
    throw error;
  }

  const origin = `http://${hostPort(stage.gateway.http)}`;
  return {
    ...stage,
    site,
    media,
    mediaByTcp: tcp,
    signalling,
    origin,
    page: (body, { path = '/', language = 'en', visits = true, head = '', headers = {} } = {}) => {
      const tags = [
        visits ? `<script async src="${origin}/dt.js" data-site="main"></script>` : '',
        `<script async src="${origin}/dt-call.js" data-site="main"></script>`,
      ];
      site.pages.set(path, {
        body: `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Acme Roofing</title><link rel="icon" href="data:,">${head}${tags.join('')}</head><body><main><h1>Acme Roofing</h1>${body}</main></body></html>`,
        headers,
      });
      return `${site.origin}${path}`;
    },
    login: (user) => ({ origin, user, password: PASSWORD }),
    close,
  };
};

/** Messages of the outbox, oldest first. */
export const outboxOf = (stage: ButtonStage): readonly { readonly to: string; readonly text: string }[] => {
  const path = join(stage.gateway.directory, 'data/sms-outbox.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { to: string; text: string });
};
