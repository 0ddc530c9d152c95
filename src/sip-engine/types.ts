/** How to run the embedded SIP engine. Plain data, so that it can cross to a worker thread. */
export type SipEngineOptions = {
  readonly listen: readonly {
    readonly protocol: 'udp' | 'tcp';
    readonly address: string;
    /** 0 lets the system pick. */
    readonly port: number;
    /** Advertised instead of the bound address. */
    readonly externalAddress?: string;
  }[];
  /** Where drachtio-srf connects; port 0 lets the system pick. */
  readonly admin: { readonly address: string; readonly port: number; readonly secret: string };
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

export type SipTimers = { readonly t1: number; readonly t2: number; readonly t4: number; readonly c: number };

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
  readonly admin: { readonly address: string; readonly port: number };
  /** Bound SIP points, as `proto/address:port`. */
  readonly hostports: readonly string[];
  setAdmission(admission: Admission | undefined): void;
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
};
