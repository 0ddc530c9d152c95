import type { Logger } from '../base/logger.ts';
import type { Registry } from '../base/metrics.ts';
import type { Agents, Calls, QueueRooms } from '../calls/index.ts';
import type { GatewayConfig } from '../config/index.ts';
import type { PromptLibrary } from '../prompts/index.ts';
import type { ReportRunner } from '../reports/index.ts';
import type { Registrar, SipWall, TrunkStatus } from '../sip/index.ts';
import type { Store } from '../store/index.ts';
import type { Dni } from '../tracking/index.ts';
import type { ButtonParts } from './buttons/types.ts';

/** What `/healthz` tells. */
export type Health = {
  /** `ok` is answered 200, all else 503. */
  readonly status: 'ok' | 'starting' | 'draining' | 'failed';
  readonly callsInProgress: number;
  /** One sentence when not `ok`. */
  readonly reason?: string;
};

/** PEM texts. */
export type HttpTls = {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
};

/** What the softphone stands on. */
export type PhoneParts = {
  readonly settings: GatewayConfig['phone'];
  /** Domain of the users' addresses. */
  readonly domain: string;
  readonly registrar: Pick<Registrar, 'presence' | 'makePass'>;
  readonly calls: Pick<Calls, 'live' | 'setSupervision'>;
  /** Undefined: nobody looks at who takes calls. */
  readonly agents?: Agents | undefined;
  /** Where SIP is listened for, as bound: `ws/127.0.0.1:8088`. */
  readonly listeners: readonly string[];
  /** Whether users can call telephone numbers. */
  readonly canDialOut: boolean;
  /** Folder of the built pages; default: where the build puts them. */
  readonly pages?: string;
};

export type HttpParts = {
  readonly config: Pick<GatewayConfig, 'http' | 'trunks' | 'recording'>;
  readonly store: Pick<
    Store,
    | 'calls'
    | 'numbers'
    | 'users'
    | 'vault'
    | 'db'
    | 'webSessions'
    | 'wrapUps'
    | 'audit'
    | 'voicemail'
    | 'flows'
    | 'areas'
    | 'exclusively'
  >;
  readonly logger: Logger;
  readonly metricsRegistry: Registry;
  readonly health: () => Health;
  /** Undefined when there is none: an external SIP server, or switched off. */
  readonly wall?: SipWall | undefined;
  /** Undefined: there is no softphone. */
  readonly phone?: PhoneParts | undefined;
  /** Undefined: there are no routes for prompts. */
  readonly prompts?: PromptLibrary | undefined;
  /** Undefined: web pages are not answered. */
  readonly dni?: Dni | undefined;
  /** Folder of the script for web pages; default: where the build puts it. */
  readonly dniScripts?: string | undefined;
  /** Undefined: there are no call buttons. */
  readonly buttons?: ButtonParts | undefined;
  readonly reports: Pick<ReportRunner, 'sources' | 'run'>;
  /** Left out: plain HTTP. */
  readonly tls?: HttpTls | undefined;
  readonly trunkStatus: () => readonly TrunkStatus[];
  /** Undefined: the gateway takes no calls. */
  readonly agents?: Agents | undefined;
  readonly queues?: QueueRooms | undefined;
};
