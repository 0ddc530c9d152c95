import type { Logger } from '../../base/logger.ts';
import { parseUri } from '../../sip-engine/index.ts';
import type { Store, UserTable } from '../../store/index.ts';
import { parseAddress } from '../address.ts';
import type { DigestAlgorithm } from '../digest/index.ts';
import type { IncomingRegister, RegisterResponse, SipPeer } from '../types.ts';
import { applyRegister } from './apply.ts';
import { createAuthenticator, type UserRequest, type UserVerdict } from './authenticate.ts';
import { createBindings } from './bindings.ts';
import { createGruus } from './gruu.ts';
import { acceptedResponse, registerRequest, unsupportedTags } from './message.ts';
import { createPasses, type PassOwner, type PhonePass } from './passes.ts';
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
  /** How long a pass is good, in seconds. */
  readonly passSeconds: number;
};

/** What the registrar stands on. */
export type RegistrarParts = {
  readonly store: Pick<Store, 'users' | 'registrations'>;
  /** For temporary GRUUs; the same in each run. */
  readonly secret: string;
  /** For passes; the same in each run. */
  readonly passSecret: string;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** How a user can be called now. */
export type Reachability =
  | { readonly type: 'reachable'; readonly targets: readonly ContactTarget[] }
  /** `away`: the user takes no calls now. */
  | { readonly type: 'unknown' | 'disabled' | 'away' | 'offline' }
  /** Its phones registered over connections that ended with the gateway's last run. */
  | { readonly type: 'flow-lost' };

/** Keeps where the users' phones are (RFC 3261 10.3). */
export type Registrar = {
  register(message: IncomingRegister): Promise<RegisterResponse>;
  /** @param user a user's name, or a SIP URI of one: an address of record or a GRUU */
  reach(user: string): Promise<Reachability>;
  /** Which user sends a request, as its credentials prove. @throws Error when the database can't be read */
  verifyUser(request: UserRequest & { readonly from: string | undefined }): Promise<UserVerdict>;
  /** Digest credentials for a user's page, for REGISTER and INVITE, that end by themselves. */
  makePass(user: PassOwner): PhonePass;
  /** Whether a phone is registered from there: a stream's port is not looked at. */
  isRegistered(peer: SipPeer): boolean;
  /** Users with a registered phone, and whether one of their phones can be called. */
  presence(): readonly { readonly name: string; readonly available: boolean }[];
  onPresence(listener: (user: string, available: boolean) => void): void;
  /** Users with a registered phone, and their contacts. */
  readonly counts: { readonly users: number; readonly contacts: number };
  close(): Promise<void>;
};

/** How soon the phones of users who were removed or disabled are forgotten, in milliseconds. */
const SWEEP_MS = 2000;

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
  const passes = createPasses(parts.passSecret, options.passSeconds * 1000);
  const authenticate = createAuthenticator({
    realm,
    algorithms: options.algorithms,
    users: store.users,
    passes,
    now,
  });
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
    const { uri, body, peer } = message;
    const credentials = message.header('Authorization');
    const verdict = await authenticate({ method: 'REGISTER', uri, body, credentials, peer });
    if (verdict.type === 'challenge') return respond(401, { 'WWW-Authenticate': verdict.headers });
    if (verdict.type === 'refused') {
      logger.warn({ user: to.user, peer: peer.address, reason: verdict.reason }, 'wrong credentials');
      return respond(403, {}, verdict.reason);
    }
    // Nobody registers phones for others.
    return verdict.user.name === to.user ? accept(verdict.user, to.host, message) : respond(403);
  };

  const verifyUser: Registrar['verifyUser'] = async ({ from, ...request }) => {
    const verdict = await authenticate(request);
    const claimed = parseAddress(from ?? '');
    // Nobody calls in another user's name; a withheld one has a domain of its own (RFC 3323 4.1.1.3).
    const isOther = claimed !== undefined && isOurs(claimed.host) && claimed.user !== undefined;
    return verdict.type === 'accepted' && isOther && claimed.user !== verdict.user.name
      ? { type: 'refused', reason: 'From Names Another User' }
      : verdict;
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
    if (row.ready === 0) return { type: 'away' };
    if (found.length === 0 || !bindings.isOwner(row.name, row.id)) return { type: 'offline' };
    const up = found.filter(({ flowLost, expiresAt }) => !flowLost && expiresAt > now());
    if (up.length === 0) return { type: 'flow-lost' };
    return { type: 'reachable', targets: up.sort(byPreference).map(targetOf) };
  };

  return {
    register,
    reach,
    verifyUser,
    makePass: (user) => passes.make(user, now()),
    presence: () =>
      [...bindings.all()].map(([name, all]) => ({ name, available: all.some(({ flowLost }) => !flowLost) })),
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
