import { counter, gauge, Histogram, labelledGauge, Registry } from './base/metrics.ts';
import type { Buttons, CallBacks } from './buttons/index.ts';
import type { Agents, CallServices, Calls, QueueRooms } from './calls/index.ts';
import type { GatewayTracking } from './gateway-tracking.ts';
import type { EncryptionStats, MediaEngine, MediaEngineStats } from './media/index.ts';
import type { Registrar, SipEngineStats, SipServer, TrunkOperation } from './sip/index.ts';

type Observed = {
  readonly calls: Calls;
  readonly agents: Pick<Agents, 'refresh' | 'list'>;
  readonly queues: QueueRooms;
  readonly sip: SipServer;
  readonly media: MediaEngine;
  readonly trunks: Pick<TrunkOperation, 'status'>;
  readonly registrar: Pick<Registrar, 'counts'> | undefined;
  readonly tracking: Pick<GatewayTracking, 'dni' | 'figures'>;
  readonly buttons: Pick<Buttons, 'figures'> | undefined;
  readonly callBacks: Pick<CallBacks, 'figures'> | undefined;
};

type NumberKeys<T> = { [K in keyof T]: T[K] extends number ? K : never }[keyof T];

const MEDIA_GAUGES: readonly (readonly [NumberKeys<MediaEngineStats> & string, string])[] = [
  ['sessions', 'Media sessions open'],
  ['legs', 'Media legs open'],
  ['socketsOpen', 'RTP and RTCP sockets open'],
  ['portsQuarantined', 'RTP ports closed lately, not given out yet'],
  ['recordings', 'Recordings in progress'],
  ['packetsForwarded', 'RTP packets forwarded since start'],
  ['strangerPackets', 'Datagrams dropped because they did not come from the peer'],
];

const ENCRYPTION_GAUGES: readonly (readonly [keyof EncryptionStats, string])[] = [
  ['workers', 'mediasoup workers that run'],
  ['deaths', 'Deaths of mediasoup workers, since start'],
  ['browserLegs', 'Legs of browsers open'],
  ['sdesLegs', 'Legs of trunks with SDES-SRTP open'],
  ['memoryBytes', "The workers' largest resident memory so far, summed"],
];

const SIP_GAUGES: readonly (readonly [NumberKeys<SipEngineStats> & string, string])[] = [
  ['dialogs', 'SIP dialogs'],
  ['serverTransactions', 'SIP server transactions'],
  ['clientTransactions', 'SIP client transactions'],
  ['connections', 'SIP stream connections'],
  ['timers', 'SIP timers running'],
  ['droppedStrangers', 'Requests of strangers that got no answer, since start'],
  ['droppedMalformed', 'Messages too broken to answer, since start'],
  ['rejectedMalformed', 'Messages refused for their form, since start'],
  ['retransmissionsIn', 'Repeated messages received, since start'],
  ['retransmissionsOut', 'Repeated messages sent, since start'],
  ['registeredFlows', 'Peers that are reached over the connection they registered on'],
  ['bans', 'Addresses and networks that get no answer'],
  ['droppedBanned', 'Messages and connections of banned addresses, since start'],
  ['droppedOverRate', 'Messages above the rate of their address, since start'],
];

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Asks a thread once for a whole scrape. */
const remembered = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let answer: Promise<T> | undefined;
  return () => {
    if (!answer) {
      answer = ask();
      setTimeout(() => {
        answer = undefined;
      }, 100).unref();
    }
    return answer;
  };
};

const STATE_VALUES = { up: 1, down: 0, unknown: undefined } as const;

const observeTrunks = (registry: Registry, trunks: Observed['trunks']): void => {
  labelledGauge(
    registry,
    'dialtrace_trunk_up',
    'Whether a gateway of a trunk is up; left out as long as nothing is known of it',
    ['trunk', 'gateway'],
    () =>
      trunks.status().flatMap(({ id, gateways }) =>
        gateways.flatMap(({ uri, state }) => {
          const value = STATE_VALUES[state];
          return value === undefined ? [] : [{ labels: { trunk: id, gateway: uri }, value }];
        }),
      ),
  );
  labelledGauge(
    registry,
    'dialtrace_trunk_calls',
    'Calls of a trunk that are up',
    ['trunk', 'direction'],
    () =>
      trunks.status().flatMap(({ id, calls }) => [
        { labels: { trunk: id, direction: 'in' }, value: calls.in },
        { labels: { trunk: id, direction: 'out' }, value: calls.out },
      ]),
  );
  labelledGauge(
    registry,
    'dialtrace_trunk_refused_calls',
    'Calls that the limits of a trunk kept out, since start',
    ['trunk'],
    () => trunks.status().map(({ id, calls }) => ({ labels: { trunk: id }, value: calls.refused })),
  );
  labelledGauge(
    registry,
    'dialtrace_trunk_registered',
    'Whether a trunk that registers is registered',
    ['trunk'],
    () =>
      trunks
        .status()
        .flatMap(({ id, registration }) =>
          registration ? [{ labels: { trunk: id }, value: registration.state === 'registered' ? 1 : 0 }] : [],
        ),
  );
};

const observeTracking = (registry: Registry, tracking: Observed['tracking']): void => {
  labelledGauge(
    registry,
    'dialtrace_pool_numbers',
    'Numbers of a pool: lent to a page in view, kept for a visit that left it, free; at most 30 s old',
    ['pool', 'state'],
    () =>
      tracking.figures().flatMap(({ pool, active, idle, free }) => [
        { labels: { pool, state: 'active' }, value: active },
        { labels: { pool, state: 'idle' }, value: idle },
        { labels: { pool, state: 'free' }, value: free },
      ]),
  );
  labelledGauge(
    registry,
    'dialtrace_page_sessions',
    'Sessions of web pages by what they were shown, since start',
    ['mode'],
    () =>
      Object.entries(tracking.dni.figures().sessions).map(([mode, value]) => ({ labels: { mode }, value })),
  );
  gauge(
    registry,
    'dialtrace_page_sessions_waiting',
    'Sessions of web pages that wait for the database',
    () => tracking.dni.figures().waiting,
  );
};

const observeButtons = (
  registry: Registry,
  { buttons, callBacks }: Pick<Observed, 'buttons' | 'callBacks'>,
): void => {
  if (buttons) {
    labelledGauge(
      registry,
      'dialtrace_button_events',
      'What happened at call buttons, since start',
      ['type', 'machine'],
      () =>
        buttons.figures().events.map(({ type, machine, count }) => ({
          labels: { type, machine: machine ? 'yes' : 'no' },
          value: count,
        })),
    );
    labelledGauge(
      registry,
      'dialtrace_button_refusals',
      'What pages with call buttons were refused, since start',
      ['question', 'code'],
      () =>
        buttons
          .figures()
          .refusals.map(({ question, code, count }) => ({ labels: { question, code }, value: count })),
    );
  }
  if (callBacks)
    labelledGauge(
      registry,
      'dialtrace_call_backs',
      'Visitors who wait to be called, and who are being called',
      ['state'],
      async () =>
        Object.entries(await callBacks.figures()).map(([state, value]) => ({ labels: { state }, value })),
    );
};

const AGENT_STATES = ['ready', 'busy', 'wrap-up', 'away', 'offline'] as const;

const observeAgents = (registry: Registry, { agents, queues }: Pick<Observed, 'agents' | 'queues'>): void => {
  labelledGauge(registry, 'dialtrace_agents', 'Agents by their state', ['state'], async () => {
    await agents.refresh();
    const states = agents.list().map(({ state }) => state);
    return AGENT_STATES.map((state) => ({
      labels: { state },
      value: states.filter((each) => each === state).length,
    }));
  });
  labelledGauge(registry, 'dialtrace_queue_waiting', 'Callers who wait in a queue', ['queue'], () =>
    queues.list().map(({ id, waiting }) => ({ labels: { queue: id }, value: waiting })),
  );
  labelledGauge(
    registry,
    'dialtrace_queue_longest_wait_seconds',
    'How long the first in a queue has waited',
    ['queue'],
    () =>
      queues.list().map(({ id, longestNowMs }) => ({ labels: { queue: id }, value: longestNowMs / 1000 })),
  );
  labelledGauge(
    registry,
    'dialtrace_queue_service_level',
    "Share of today's callers of a queue who were answered in time",
    ['queue'],
    () =>
      queues
        .list()
        .flatMap(({ id, serviceLevel }) =>
          serviceLevel === undefined ? [] : [{ labels: { queue: id }, value: serviceLevel }],
        ),
  );
};

/** The gateway's metrics in one registry: what is counted as it happens, and what is asked for at each scrape. */
export const createGatewayMetrics = () => {
  const registry = new Registry();
  const ended = counter(registry, 'dialtrace_calls_total', 'Finished calls by outcome, test calls apart', [
    'status',
    'test',
  ]);
  const setup = new Histogram({
    name: 'dialtrace_call_decision_seconds',
    help: 'From the INVITE to the decision, call record written',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5],
    registers: [registry],
  });

  const callEnded: CallServices['onEnded'] = ({ status, isTest, setupMs }) => {
    ended.inc({ status, test: isTest ? 'yes' : 'no' });
    setup.observe(setupMs / 1000);
  };

  const observe = (observed: Observed): void => {
    const { calls, agents, queues, sip, media, trunks, registrar, tracking } = observed;
    observeTrunks(registry, trunks);
    observeAgents(registry, { agents, queues });
    observeTracking(registry, tracking);
    observeButtons(registry, observed);
    gauge(
      registry,
      'dialtrace_registered_users',
      'Users with a registered phone',
      () => registrar?.counts.users ?? 0,
    );
    gauge(
      registry,
      'dialtrace_registered_contacts',
      'Registered phones',
      () => registrar?.counts.contacts ?? 0,
    );
    gauge(registry, 'dialtrace_calls_active', 'Calls that are up', () => calls.active);
    gauge(
      registry,
      'dialtrace_unanswered_strangers',
      'INVITEs of strangers that reached the application',
      () => calls.strangers,
    );
    const mediaStats = remembered(() => media.stats());
    for (const [key, help] of MEDIA_GAUGES) {
      gauge(registry, `dialtrace_media_${snake(key)}`, help, async () => (await mediaStats())[key]);
    }
    for (const [key, help] of ENCRYPTION_GAUGES) {
      const value = async (): Promise<number> => (await mediaStats()).encryption?.[key] ?? 0;
      gauge(registry, `dialtrace_encryption_${snake(key)}`, help, value);
    }
    const sipStats = remembered(() => sip.stats());
    for (const [key, help] of SIP_GAUGES) {
      gauge(registry, `dialtrace_sip_${snake(key)}`, help, async () => (await sipStats())?.[key] ?? 0);
    }
    labelledGauge(
      registry,
      'dialtrace_sip_refused_by_limit',
      'What a limit of sip.limits kept out, since start',
      ['limit'],
      async () =>
        Object.entries((await sipStats())?.refusedByLimit ?? {}).map(([limit, value]) => ({
          labels: { limit },
          value,
        })),
    );
  };

  return { registry, callEnded, observe };
};
