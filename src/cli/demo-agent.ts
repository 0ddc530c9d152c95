import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { errorMessage, FailureError } from '../base/errors.ts';
import { randomToken, ulid } from '../base/ids.ts';
import { certificateFiles, type GatewayConfig } from '../config/index.ts';
import type { Store } from '../store/index.ts';
import { isMissing } from './session.ts';
import { knownRealm, secretsOf } from './user.ts';

/** The agent of the shipped example. */
const DEMO = 'demo';
/** About 95 random bits, and still something that can be typed. */
const PASSWORD_LENGTH = 16;

/** A user whom somebody who tries the gateway can log in as. */
export type DemoAgent = {
  readonly name: string;
  /** Known in the run that made the user; later it stands in the file alone. */
  readonly password: string | undefined;
  readonly passwordFile: string;
  /** A tracking number that rings the agent's browser, E.164. */
  readonly number: string | undefined;
};

const passwordFileOf = ({ database }: GatewayConfig): string => join(dirname(database.path), 'demo-password');

/** Whether browsers may log in: the softphone needs a registrar. */
export const hasSoftphone = ({ phone, registrar }: Pick<GatewayConfig, 'phone' | 'registrar'>): boolean =>
  phone.enabled && registrar?.enabled === true;

const ringing = async (store: Store, user: string): Promise<string | undefined> => {
  const routes = await store.numbers.list();
  // A pool's number belongs to a visit: one of a source shows an ad whoever calls it.
  const rings = routes.filter(({ lines }) => lines[0]?.type === 'user' && lines[0].user === user);
  return (rings.find(({ source }) => source !== undefined) ?? rings[0])?.number.number;
};

/** Closed to others from its first byte on; a former one is replaced. */
const writePassword = async (path: string, password: string): Promise<void> => {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(draft, { force: true });
    await writeFile(draft, `${password}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    throw new FailureError(`The demo agent's password can't be kept in ${path}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
};

/**
 * Makes the user of the shipped example, so that a first call can be answered in the browser. For a fresh database: never when
 * there are users, nor when no tracking number rings a user of that name.
 *
 * @returns undefined when none was made
 */
export const makeDemoAgent = async (
  store: Store,
  config: GatewayConfig,
  now: number,
): Promise<DemoAgent | undefined> => {
  const realm = knownRealm(config);
  const number = await ringing(store, DEMO);
  if (!hasSoftphone(config) || realm === undefined || number === undefined) return undefined;
  if ((await store.users.list(now)).length > 0) return undefined;
  const password = randomToken(PASSWORD_LENGTH);
  const passwordFile = passwordFileOf(config);
  await writePassword(passwordFile, password);
  await store.users.add({
    id: ulid(now),
    name: DEMO,
    display: 'Demo agent',
    ...secretsOf(DEMO, realm, password),
    disabled: 0,
    created_at: now,
    role: 'agent',
    ready: 1,
  });
  return { name: DEMO, password, passwordFile, number };
};

/** The demo agent of an earlier start, as long as the user and its password's file are there. */
export const findDemoAgent = async (store: Store, config: GatewayConfig): Promise<DemoAgent | undefined> => {
  const passwordFile = passwordFileOf(config);
  if (!hasSoftphone(config) || (await isMissing(passwordFile))) return undefined;
  const user = await store.users.find(DEMO);
  if (user === undefined || user.disabled === 1) return undefined;
  return { name: DEMO, password: undefined, passwordFile, number: await ringing(store, DEMO) };
};

const ownAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/**
 * The softphone's page as a browser should open it; undefined when there is none. Without HTTPS browsers give a page the
 * microphone on localhost alone (W3C Secure Contexts 3.1).
 *
 * @param bound where HTTP listens: `127.0.0.1:8080`
 */
export const softphoneUrl = (config: GatewayConfig, bound: string): string | undefined => {
  if (!hasSoftphone(config)) return undefined;
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(bound) ?? [];
  if (!config.http.tls) return `http://localhost:${port}/phone`;
  if (host === '0.0.0.0' || host === '[::]') return `https://${ownAddress() ?? 'localhost'}:${port}/phone`;
  return `https://${/^127\.|^\[::1\]$/.test(host) ? 'localhost' : host}:${port}/phone`;
};

/** What somebody who sees a warning in the browser wants to know; undefined when nobody will see one. */
export const certificateWords = (config: GatewayConfig): string | undefined =>
  certificateFiles(config)?.selfSigned
    ? 'self-signed: browsers warn of it once, go on to the page (“Advanced”, “Proceed”)'
    : undefined;
