import type { Socket } from 'node:net';
import {
  type ConnectionOptions,
  createSecureContext,
  createServer,
  type SecureContext,
  type Server,
  type TLSSocket,
} from 'node:tls';
import type { TlsOptions, TlsPeer } from '../types.ts';
import { identityError } from './identity.ts';
import type { Endpoint } from './types.ts';

const MINIMUM = 'TLSv1.2';

/** TLS of both sides, with certificates that can be replaced. */
export type Security = {
  /** Begins the handshake on a connection taken; `ready` when it is through. A failed one ends the connection. */
  accept(raw: Socket, ready: (secured: TLSSocket) => void): void;
  /** What a connection to this peer is opened with. Undefined when TLS isn't set up. */
  optionsFor(remote: Endpoint): ConnectionOptions | undefined;
  /** @throws the system's error when key, certificate or ciphers can't be used; nothing is changed then */
  replace(tls: TlsOptions): void;
};

type PeerRule = { readonly context: SecureContext; readonly verify: boolean };

/** One set of certificates, ready for use. */
type Setup = {
  readonly server: Server;
  readonly context: SecureContext;
  readonly peers: Map<string, PeerRule>;
};

const placeOf = (socket: Socket): string =>
  `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;

const common = ({ minVersion, ciphers }: TlsOptions) => ({
  minVersion: minVersion ?? MINIMUM,
  ...(ciphers !== undefined && { ciphers }),
});

const ruleOf = (tls: TlsOptions, { ca, cert, key, verify = true }: TlsPeer): PeerRule => {
  const authority = ca ?? tls.ca;
  const context = createSecureContext({
    ...common(tls),
    ...(authority !== undefined && { ca: authority }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
  return { context, verify };
};

/**
 * @param handshake milliseconds
 * @throws the system's error when `tls` can't be used
 */
export const createSecurity = (tls: TlsOptions | undefined, handshake: number): Security => {
  const waiting = new Map<string, (secured: TLSSocket) => void>();

  const prepare = (options: TlsOptions): Setup => {
    const { key, cert, ca, clientCertificates = 'none' } = options;
    const peers = (options.peers ?? []).map(
      (peer) => [peer.host.toLowerCase(), ruleOf(options, peer)] as const,
    );
    // Never listens: it is handed connections. So another can take its place, and what it began goes on.
    const server = createServer({
      ...common(options),
      key,
      cert,
      ...(ca !== undefined && { ca }),
      requestCert: clientCertificates !== 'none',
      rejectUnauthorized: clientCertificates === 'require',
      handshakeTimeout: handshake,
    });
    server.on('secureConnection', (secured) => {
      // Whoever reads it later minds its end; until then nobody listens for this.
      secured.on('error', () => {});
      const place = placeOf(secured);
      const ready = waiting.get(place);
      waiting.delete(place);
      if (ready) ready(secured);
      else secured.destroy();
    });
    server.on('tlsClientError', (_error, secured) => secured.destroy());
    const context = createSecureContext({ ...common(options), ...(ca !== undefined && { ca }) });
    return { server, context, peers: new Map(peers) };
  };

  let setup = tls === undefined ? undefined : prepare(tls);

  return {
    accept: (raw, ready) => {
      if (setup === undefined) {
        raw.destroy();
        return;
      }
      const place = placeOf(raw);
      waiting.set(place, ready);
      raw.once('close', () => {
        if (waiting.get(place) === ready) waiting.delete(place);
      });
      setup.server.emit('connection', raw);
    },
    optionsFor: ({ host, address }) => {
      if (setup === undefined) return undefined;
      const name = host ?? address;
      const rule = setup.peers.get(name.toLowerCase()) ?? setup.peers.get(address);
      return {
        secureContext: rule?.context ?? setup.context,
        rejectUnauthorized: rule?.verify ?? true,
        // An address is no server name (RFC 6066 3).
        servername: name === address ? '' : name,
        checkServerIdentity: (_name, cert) => identityError(name, cert),
      };
    },
    replace: (next) => {
      setup = prepare(next);
    },
  };
};
