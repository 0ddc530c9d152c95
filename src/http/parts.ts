import type { Logger } from '../base/logger.ts';
import type { Registry } from '../base/metrics.ts';
import type { GatewayConfig } from '../config/index.ts';
import type { ReportRunner } from '../reports/index.ts';
import type { SipWall, TrunkStatus } from '../sip/index.ts';
import type { Store } from '../store/index.ts';

/** What `/healthz` tells. */
export type Health = {
  /** `ok` is answered 200, all else 503. */
  readonly status: 'ok' | 'starting' | 'draining' | 'failed';
  readonly callsInProgress: number;
  /** One sentence when not `ok`. */
  readonly reason?: string;
};

export type HttpParts = {
  readonly config: Pick<GatewayConfig, 'http' | 'trunks' | 'recording'>;
  readonly store: Pick<Store, 'calls' | 'numbers' | 'users' | 'vault' | 'db'>;
  readonly logger: Logger;
  readonly metricsRegistry: Registry;
  readonly health: () => Health;
  /** Undefined when there is none: an external SIP server, or switched off. */
  readonly wall?: SipWall | undefined;
  readonly reports: Pick<ReportRunner, 'sources'>;
  readonly trunkStatus: () => readonly TrunkStatus[];
};
