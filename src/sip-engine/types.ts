/** RFC 3261 (udp, tcp, tls) and RFC 7118 (ws, wss). */
export type SipProtocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** A point where the engine listens. */
export type ListenOptions = {
  readonly protocol: SipProtocol;
  readonly address: string;
  /** 0 lets the system pick. */
  readonly port: number;
  /** Advertised instead of the bound address. */
  readonly externalAddress?: string;
  /** Networks (CIDR) whose peers are told the bound address, not the external one. Default: the networks this machine is part of, for a wildcard point. */
  readonly localNetworks?: readonly string[];
  /** Host names that stand for this point in Request-URIs and routes (drachtio: `--dns-name`). */
  readonly names?: readonly string[];
};

/** Certificates, as PEM text. */
export type TlsOptions = {
  readonly key: string;
  /** The certificate, then its chain. */
  readonly cert: string;
  /** Authorities that peers are checked against. Default: those that Node.js ships. */
  readonly ca?: string;
  /** What those who connect to us must show. Default `none`. */
  readonly clientCertificates?: 'none' | 'ask' | 'require';
  /** Default TLSv1.2. */
  readonly minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL's list. */
  readonly ciphers?: string;
  /** Rules for those we connect to, by host name or address; others are checked against `ca` and shown no certificate. */
  readonly peers?: readonly TlsPeer[];
};

export type TlsPeer = {
  readonly host: string;
  readonly ca?: string;
  /** Certificate shown to this peer, with its key. */
  readonly cert?: string;
  readonly key?: string;
  /** False takes any certificate. Default true. */
  readonly verify?: boolean;
};

/** Where drachtio-srf connects. */
export type AdminOptions = {
  readonly address: string;
  /** 0 lets the system pick. */
  readonly port: number;
  readonly secret: string;
  /** Milliseconds that output may wait for an application that does not read, until it is dropped. Default 30,000. */
  readonly drainWithin?: number;
  /** A second point that speaks TLS. */
  readonly tls?: { readonly port: number; readonly key: string; readonly cert: string };
};

/**
 * Asks a web server (or connects straight to an application, with a `tcp:` or `tls:` URL) where a new request goes
 * (drachtio-server's request-handler).
 */
export type RequestHandler = {
  /** A SIP method in upper case, or `*`. */
  readonly sipMethod: string;
  readonly url: string;
  /** Default GET. */
  readonly httpMethod?: 'GET' | 'POST';
};

/** How to run the embedded SIP engine. Plain data, so that it can cross to a worker thread. */
export type SipEngineOptions = {
  readonly listen: readonly ListenOptions[];
  readonly admin: AdminOptions;
  /** Needed by tls and wss points, and for calling tls and wss peers that ask for a certificate. */
  readonly tls?: TlsOptions;
  readonly requestHandlers?: readonly RequestHandler[];
  /** Name servers as `address` or `address:port`; default: the system's, with its hosts file. */
  readonly nameServers?: readonly string[];
  /** Next hops of requests by the domain they go to, `*` for all others: `{ domain: 'example.com', uri: 'sip:proxy.example.com' }`. */
  readonly outboundProxies?: readonly { readonly domain: string; readonly uri: string }[];
  readonly limits?: Partial<SipLimits>;
  /** What keeps scanners and floods away. Left out: nobody is banned. */
  readonly wall?: WallOptions;
  /** Seconds between keep-alives (RFC 5626 4.4.1) on connections we opened; also TCP's own. Default 45; 0 for none. */
  readonly keepAliveSeconds?: number;
  /** Treat every peer whose Contact is not where its packets come from as behind NAT. Default true. */
  readonly natDetection?: boolean;
  /** 403 for a REGISTER whose Request-URI has an address, not a name. Default false. */
  readonly rejectRegisterWithNoRealm?: boolean;
  /** A 180 beside the 100 to each new INVITE. Default false. */
  readonly alwaysSend180?: boolean;
  /** OPTIONS with this User-Agent get 200 without an application. */
  readonly autoAnswerOptionsFrom?: string;
  /** Bytes above which a UDP request goes by TCP when the peer takes it (RFC 3261 18.1.1). Default 1300. */
  readonly mtu?: number;
  /** RFC 3261 timers in milliseconds; defaults T1 500, T2 4000, T4 5000, timer C 185,000. */
  readonly timers?: Partial<SipTimers>;
  /** Who may start something here. Left out: everybody (as drachtio-server does). */
  readonly admission?: Admission;
  /** Session timers (RFC 4028): interval granted and asked for when the peer supports them; 0 for none. Default 1800 s. */
  readonly sessionExpires?: number;
  /** Least session interval accepted, in seconds. RFC 4028 5 wants no less than 90, the default; less is for tests. */
  readonly minimumSessionExpires?: number;
};

/** Caps that keep memory flat whatever peers do; what is above them is refused and counted. */
export type SipLimits = {
  /** Bytes of one message. Default 65,535. */
  readonly messageBytes: number;
  /** Header lines of one message. Default 256. */
  readonly headers: number;
  /** Stream connections in all, and of one address that is not a known source. Defaults 2000 and 50. */
  readonly connections: number;
  readonly connectionsPerStranger: number;
  /** Requests being answered; above, new ones get 503. Answered ones are remembered only as far as there is room. Default 20,000. */
  readonly transactions: number;
  /** Dialogs; above, new INVITE and SUBSCRIBE get 503. Default 10,000. */
  readonly dialogs: number;
};

/** Known sources of the admission are never banned by themselves, only by hand. */
export type WallOptions = {
  /** Never banned by themselves beside the admission's sources: CIDR. */
  readonly trusted?: readonly string[];
  /** Bans to begin with, as kept from the last run. */
  readonly bans?: readonly Ban[];
  /** Datagrams and stream messages a second that one address, not trusted, may send; twice as many at once. Default 100. */
  readonly messagesPerSecond?: number;
  /** Seconds a first ban lasts; each further one of the same address lasts four times as long, up to a week. Default 600. */
  readonly banSeconds?: number;
  /** Offences within `withinSeconds` that lead to a ban. Defaults 10 of any kind within 60 s. */
  readonly offences?: number;
  readonly withinSeconds?: number;
};

/** An address or network that gets no answer. */
export type Ban = {
  /** An address or a network: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/64`. */
  readonly cidr: string;
  /** Why, in words. */
  readonly reason: string;
  /** By a person or by the wall. */
  readonly by: 'hand' | 'wall';
  /** Milliseconds since the epoch; `until` undefined for ever. */
  readonly since: number;
  readonly until: number | undefined;
  /** Which ban of this address it is, from 1: later ones last longer. */
  readonly count: number;
};

export type BanChange =
  | { readonly type: 'banned'; readonly ban: Ban }
  | { readonly type: 'lifted'; readonly cidr: string };

export type SipTimers = {
  readonly t1: number;
  readonly t2: number;
  readonly t4: number;
  readonly c: number;
  /** How long an INVITE that begins a dialog waits for its first response (timer B). Left out: 64·T1. */
  readonly b?: number;
};

/**
 * Requests outside dialogs from anyone else get no answer at all, not even 100 or 400, and are counted.
 */
export type Admission = {
  /** Peers that are served. A port narrows UDP sources; streams come from any port. */
  readonly sources: readonly { readonly cidr: string; readonly port?: number }[];
  /** A request from elsewhere is let through when the domain of its From or Request-URI is one of these (digest trunks). Lower case. */
  readonly realms: readonly string[];
};

export type SipEngine = {
  /** Where drachtio-srf connects. */
  readonly admin: { readonly address: string; readonly port: number; readonly tlsPort?: number };
  /** Bound SIP points, as `proto/address:port`. */
  readonly hostports: readonly string[];
  setAdmission(admission: Admission | undefined): void;
  /** New certificates for connections made from now on; those that stand go on. Rejects, and changes nothing, when they can't be used. */
  setTls(tls: TlsOptions): Promise<void>;
  /** Bans in force, the latest first. */
  bans(): Promise<readonly (Ban & { readonly dropped: number })[]>;
  /** Bans, or changes a ban. */
  ban(ban: Ban): Promise<void>;
  /** False when there was none. */
  unban(cidr: string): Promise<boolean>;
  /** Calls `listener` for each ban that begins or ends, by hand, by the wall or by time. */
  onBan(listener: (change: BanChange) => void): void;
  stats(): Promise<SipEngineStats>;
  /**
   * Calls `listener` once if the engine's thread ends without `close`. All its dialogs are lost then. Never called for an
   * engine in the calling thread.
   */
  onExit(listener: (error: Error) => void): void;
  close(): Promise<void>;
};

/** Counters since start and gauges of now, by metric name without prefix. */
export type SipEngineStats = {
  readonly dialogs: number;
  readonly serverTransactions: number;
  readonly clientTransactions: number;
  readonly connections: number;
  readonly timers: number;
  /** Requests of strangers that got no answer. */
  readonly droppedStrangers: number;
  readonly droppedMalformed: number;
  readonly rejectedMalformed: number;
  readonly requestsIn: Readonly<Record<string, number>>;
  readonly requestsOut: Readonly<Record<string, number>>;
  /** By `METHOD code`. */
  readonly responsesIn: Readonly<Record<string, number>>;
  readonly responsesOut: Readonly<Record<string, number>>;
  readonly retransmissionsIn: number;
  readonly retransmissionsOut: number;
  readonly bans: number;
  /** Datagrams, messages and connections of banned addresses, and those above an address's rate. */
  readonly droppedBanned: number;
  readonly droppedOverRate: number;
  /** Requests and connections refused because a limit of `SipLimits` was reached, by its name. */
  readonly refusedByLimit: Readonly<Partial<Record<keyof SipLimits, number>>>;
  readonly applications: number;
  readonly registeredFlows: number;
  readonly proxiedRequests: number;
  /** Dialogs by who began them. */
  readonly dialogsInbound: number;
  readonly dialogsOutbound: number;
};
