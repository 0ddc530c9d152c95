import type { Logger } from '../../base/logger.ts';
import { parseUri } from '../../sip-engine/index.ts';
import type { Store, UserTable } from '../../store/index.ts';
import { parseAddress } from '../address.ts';
import {
  claimedUsername,
  createDigestVerifier,
  type DigestAccount,
  type DigestAlgorithm,
} from '../digest/index.ts';
import type { IncomingRegister, RegisterResponse, SipPeer } from '../types.ts';
import { applyRegister } from './apply.ts';
import { createBindings } from './bindings.ts';
import { createGruus } from './gruu.ts';
import { acceptedResponse, registerRequest, unsupportedTags } from './message.ts';
import { byPreference, type ContactTarget, targetOf } from './reach.ts';
import type { Binding, RegistrarLimits } from './types.ts';

export type RegistrarOptions = {
  /** Domains of the users' addresses, lower case; at least one. */
  readonly domains: readonly string[];
  /** Realm of the challenges, which the stored hashes are made with. */
  readonly realm: string;
  /** Offered in challenges, preferred first; over WebSocket MD5 alone where it is one of them. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly limits: RegistrarLimits;
};

/** What the registrar stands on. */
export type RegistrarParts = {
  readonly store: Pick<Store, 'users' | 'registrations'>;
  /** For temporary GRUUs; the same in each run. */
  readonly secret: string;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** How a user can be called now. */
export type Reachability =
  | { readonly type: 'reachable'; readonly targets: readonly ContactTarget[] }
  | { readonly type: 'unknown' | 'disabled' | 'offline' }
  /** Its phones registered over connections that ended with the gateway's last run. */
  | { readonly type: 'flow-lost' };

/** Keeps where the users' phones are (RFC 3261 10.3). */
export type Registrar = {
  register(message: IncomingRegister): Promise<RegisterResponse>;
  /** @param user a user's name, or a SIP URI of one: an address of record or a GRUU */
  reach(user: string): Promise<Reachability>;
  /** Whether a phone is registered from there: a stream's port is not looked at. */
  isRegistered(peer: SipPeer): boolean;
  onPresence(listener: (user: string, available: boolean) => void): void;
  /** Users with a registered phone, and their contacts. */
  readonly counts: { readonly users: number; readonly contacts: number };
  close(): Promise<void>;
};

/** How soon the phones of removed users are forgotten, in milliseconds. */
const SWEEP_MS = 2000;

const accountOf = (user: UserTable, realm: string): DigestAccount | undefined => {
  // Hashes of another realm prove nothing: the password has to be set again.
  if (user.disabled === 1 || user.realm !== realm) return undefined;
  const ha1 = { MD5: user.ha1_md5, 'SHA-256': user.ha1_sha256, 'SHA-512-256': user.ha1_sha512_256 };
  return { username: user.name, ha1 };
};

/** Their libraries read one challenge and know MD5 alone (JsSIP 3.13, SIP.js 0.21). */
const isBrowser = ({ protocol }: SipPeer): boolean => protocol === 'ws' || protocol === 'wss';

const respond = (
  status: number,
  headers: RegisterResponse['headers'] = {},
  reason?: string,
): RegisterResponse => ({ status, headers, ...(reason !== undefined && { reason }) });

/**
 * Starts the registrar with what was registered before.
 *
 * @throws Error when the database can't be read
 */
export const createRegistrar = async (
  options: RegistrarOptions,
  parts: RegistrarParts,
): Promise<Registrar> => {
  const { domains, realm, limits } = options;
  const { store, logger, now } = parts;
  const digest = createDigestVerifier({ now, algorithms: options.algorithms });
  const webDigest = options.algorithms.includes('MD5')
    ? createDigestVerifier({ now, algorithms: ['MD5'] })
    : digest;
  const gruus = createGruus(parts.secret);
  const listeners: ((user: string, available: boolean) => void)[] = [];
  const bindings = await createBindings({
    repository: store.registrations,
    logger,
    now,
    onPresence: (user, available) => {
      logger.info({ user }, available ? 'user available' : 'user unavailable');
      for (const listener of listeners) listener(user, available);
    },
  });

  const isOurs = (host: string): boolean => domains.includes(host.toLowerCase());

  const sweep = async (): Promise<void> => {
    if (bindings.all().size === 0) return;
    const ids = await store.users.ids();
    for (const user of [...bindings.all().keys()]) bindings.claim(user, ids.get(user));
  };
  // A database that is held is asked again.
  const sweeping = setInterval(() => void sweep().catch(() => undefined), SWEEP_MS);
  sweeping.unref();

  const accept = (account: UserTable, domain: string, message: IncomingRegister): RegisterResponse => {
    const user = account.name;
    const request = registerRequest(message);
    if (!request) return respond(400);
    bindings.claim(user, account.id);
    const result = applyRegister(bindings.of(user), request, now(), limits);
    if (result.type === 'refused') return respond(result.status, result.headers, result.reason);
    if (request.contact !== undefined) {
      bindings.put(user, result.bindings);
      logger.debug({ user, contacts: result.bindings.length }, 'registered');
    }
    const { outbound } = result;
    return acceptedResponse({
      user,
      domain,
      bindings: result.bindings,
      request,
      outbound,
      gruus,
      now: now(),
    });
  };

  const register = async (message: IncomingRegister): Promise<RegisterResponse> => {
    const to = parseAddress(message.header('To') ?? '');
    const missing = unsupportedTags(message);
    if (missing.length > 0) return respond(420, { Unsupported: missing.join(', ') });
    if (!to?.user || !isOurs(to.host)) return respond(404);
    const credentials = message.header('Authorization');
    const name = claimedUsername(credentials, realm);
    const user = name === undefined ? undefined : await store.users.find(name);
    const { uri, body } = message;
    const request = { method: 'REGISTER', uri, body, credentials };
    const verifier = isBrowser(message.peer) ? webDigest : digest;
    const verdict = verifier.verify(request, realm, user && accountOf(user, realm));
    if (verdict.type === 'challenge') return respond(401, { 'WWW-Authenticate': verdict.headers });
    if (verdict.type === 'refused') {
      logger.warn({ user: to.user, peer: message.peer.address }, 'wrong credentials');
      return respond(403);
    }
    // Nobody registers phones for others.
    return user !== undefined && name === to.user ? accept(user, to.host, message) : respond(403);
  };

  const bindingsOfTemporary = (userPart: string): readonly Binding[] => {
    for (const [user, all] of bindings.all()) {
      const found = all.filter((binding) => gruus.isTemporaryOf(userPart, user, binding));
      if (found.length > 0) return found;
    }
    return [];
  };

  /** The user and the bindings that a name, an address of record or a GRUU means. */
  const lookUp = (text: string): { user: string | undefined; found: readonly Binding[] } => {
    const uri = /^sips?:/i.test(text) ? parseUri(text) : undefined;
    const user = uri ? uri.user : text;
    if (user === undefined || (uri && !isOurs(uri.host))) return { user: undefined, found: [] };
    const gr = uri?.parameters.get('gr');
    if (gr === undefined) return { user, found: bindings.of(user) };
    if (gr !== '') return { user, found: bindings.of(user).filter((each) => gruus.isPublicOf(gr, each)) };
    const found = gruus.isTemporary(user) ? bindingsOfTemporary(user) : [];
    const owner = [...bindings.all()].find(([, all]) => all.some((each) => found.includes(each)))?.[0];
    return { user: owner, found };
  };

  const reach = async (text: string): Promise<Reachability> => {
    const { user, found } = lookUp(text);
    const row = user === undefined ? undefined : await store.users.find(user);
    if (!row) return { type: 'unknown' };
    if (row.disabled === 1) return { type: 'disabled' };
    if (found.length === 0 || !bindings.isOwner(row.name, row.id)) return { type: 'offline' };
    const up = found.filter(({ flowLost, expiresAt }) => !flowLost && expiresAt > now());
    if (up.length === 0) return { type: 'flow-lost' };
    return { type: 'reachable', targets: up.sort(byPreference).map(targetOf) };
  };

  return {
    register,
    reach,
    isRegistered: ({ protocol, address, port }) => {
      for (const all of bindings.all().values())
        for (const { peer } of all)
          if (
            peer.address === address &&
            peer.protocol === protocol &&
            (protocol !== 'udp' || peer.port === port)
          )
            return true;
      return false;
    },
    onPresence: (listener) => void listeners.push(listener),
    get counts() {
      let contacts = 0;
      for (const all of bindings.all().values()) contacts += all.length;
      return { users: bindings.all().size, contacts };
    },
    close: () => {
      clearInterval(sweeping);
      return bindings.close();
    },
  };
};
