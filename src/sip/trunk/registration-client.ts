import type { Logger } from '../../base/logger.ts';
import { escapeUser, parseAddress } from '../address.ts';
import type { RegisterOptions, RegisterResult, SipServer } from '../types.ts';
import {
  grantedSeconds,
  isRegistered,
  newRegistration,
  nextRegistration,
  type Registration,
  type RegistrationEvent,
  registrationAt,
} from './registration.ts';
import type { Trunk } from './table.ts';

/** UDP has sent its request four times by then. */
const PATIENCE_MS = 6000;
const FAREWELL_MS = 2000;
/** What setTimeout can count. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** How a trunk registers. */
export type RegisterSettings = NonNullable<Trunk['register']>;

type Dependencies = {
  readonly trunk: string;
  readonly settings: RegisterSettings;
  readonly register: SipServer['register'];
  /** The address at which we are registered now; undefined when we aren't any more. */
  readonly onRegistrar: (address: string | undefined) => void;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: () => number;
  readonly callId: string;
};

/** Request-URI, next hop and address of record (RFC 3261 10.2) for one of the servers. */
export const registerTarget = (
  { domain, outboundProxy, username }: Pick<RegisterSettings, 'domain' | 'outboundProxy' | 'username'>,
  server: string,
): Pick<RegisterOptions, 'server' | 'address' | 'proxy'> => {
  const bare = server.replace(/^(sips?:)[^@]*@/i, '$1');
  const host = parseAddress(bare)?.host ?? '';
  const own = domain ?? (host.includes(':') ? `[${host}]` : host);
  const uri = domain === undefined ? bare : `sip:${domain}`;
  return {
    server: uri,
    address: `sip:${escapeUser(username)}@${own}`,
    proxy: outboundProxy ?? (uri === bare ? undefined : bare),
  };
};

const seconds = (text: string | undefined): number | undefined => {
  const match = /^\s*(\d{1,9})/.exec(text ?? '');
  return match ? Number(match[1]) : undefined;
};

const eventOf = (result: RegisterResult, asked: number): RegistrationEvent => {
  switch (result.type) {
    case 'silence':
      return { type: 'unreachable', reason: `no answer within ${PATIENCE_MS / 1000} s` };
    case 'unsent':
      return { type: 'unreachable', reason: result.reason };
    case 'answer': {
      const { status, reason, header, contact } = result;
      if (status < 300) {
        return {
          type: 'granted',
          seconds: grantedSeconds(header('Contact'), header('Expires'), contact, asked),
        };
      }
      return {
        type: 'refused',
        status,
        reason,
        minExpires: seconds(header('Min-Expires')),
        retryAfter: seconds(header('Retry-After')),
      };
    }
  }
};

/** Keeps a trunk registered at its carrier: one REGISTER at a time, under one Call-ID (RFC 3261 10.2.4). */
export const createRegistrationClient = (deps: Dependencies) => {
  const { trunk, settings, logger, now, random, callId } = deps;
  const log = logger.child({ trunk });
  let registration: Registration = newRegistration(settings.expires, now());
  let sequence = 1;
  let timer: NodeJS.Timeout | undefined;
  let registrar: string | undefined;
  let lastServer = 0;
  let closed = false;

  const send = async (server: number, expires: number, timeoutMs: number): Promise<RegisterResult> => {
    const uri = settings.servers[server] ?? settings.servers[0] ?? '';
    const result = await deps.register({
      ...registerTarget(settings, uri),
      contactUser: escapeUser(settings.contactUser ?? settings.username),
      expires,
      callId,
      sequence,
      auth: { username: settings.username, password: settings.password },
      timeoutMs,
    });
    // A request that nobody answered, and its second try, may have used some.
    sequence = (result.type === 'answer' ? result.sequence : sequence + 2) + 1;
    return result;
  };

  const tell = (address: string | undefined): void => {
    if (address === registrar) return;
    registrar = address;
    deps.onRegistrar(address);
  };

  const note = (before: Registration): void => {
    const { state, server, lastError, expiresAt, nextAt } = registration;
    if (state === 'registered' && before.state !== 'registered') {
      const forSeconds = Math.round(((expiresAt ?? 0) - now()) / 1000);
      log.info({ server: settings.servers[lastServer], seconds: forSeconds }, 'registered');
    } else if (lastError !== undefined && lastError !== before.lastError) {
      const again = Math.round((nextAt - now()) / 1000);
      log.warn({ error: lastError, againInSeconds: again, next: settings.servers[server] }, 'not registered');
    }
  };

  const ask = async (): Promise<void> => {
    const before = registration;
    const { server, askSeconds } = before;
    const result = await send(server, askSeconds, PATIENCE_MS);
    if (closed) return;
    registration = nextRegistration(before, eventOf(result, askSeconds), {
      now: now(),
      random: random(),
      servers: settings.servers.length,
    });
    if (result.type === 'answer' && result.status < 300) {
      lastServer = server;
      tell(result.address);
    } else if (!isRegistered(registration, now())) tell(undefined);
    note(before);
    schedule();
  };

  const wake = (): void => {
    const at = now();
    const current = registrationAt(registration, at);
    if (current !== registration) {
      registration = current;
      tell(undefined);
      log.warn('the registration has lapsed');
    }
    if (registration.nextAt <= at) void ask();
    else schedule();
  };

  const schedule = (): void => {
    const due = Math.min(registration.nextAt, registration.expiresAt ?? Number.POSITIVE_INFINITY);
    timer = setTimeout(wake, Math.min(LONGEST_TIMER_MS, Math.max(0, due - now())));
  };

  return {
    start: (): void => wake(),
    /** As it stands now. */
    view: () => ({
      state: registration.state,
      server: settings.servers[registration.state === 'registered' ? lastServer : registration.server] ?? '',
      since: registration.since,
      expiresAt: registration.expiresAt,
      nextAt: registration.nextAt,
      lastError: registration.lastError,
    }),
    /** Unregisters, and waits 2 s at most for the answer. */
    close: async (): Promise<void> => {
      closed = true;
      clearTimeout(timer);
      if (isRegistered(registration, now())) await send(lastServer, 0, FAREWELL_MS);
    },
  };
};

export type RegistrationClient = ReturnType<typeof createRegistrationClient>;
