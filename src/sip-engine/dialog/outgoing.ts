import { randomUUID } from 'node:crypto';
import { newBranch } from '../message/index.ts';
import type { Endpoint, Flow, ListenPoint } from '../transport/types.ts';
import { dress, localResponse } from './send.ts';
import type { Core, Outgoing } from './types.ts';

/** No further place is tried this long after the first, in multiples of T1: 64 s as usual, the time of two silent ones. */
const TRIES = 128;

/** Nothing to send to: a 503 made here (RFC 3261 8.1.3.1). */
export const unreachable = ({ core, outgoing }: { core: Core; outgoing: Outgoing }): void =>
  core.conclude(outgoing, localResponse(core, outgoing, 503, 'Service Unavailable'), undefined);

export type OutgoingSeed = Pick<Outgoing, 'app' | 'request' | 'contact' | 'dialog' | 'dialogId' | 'own'> & {
  readonly local: ListenPoint;
  readonly endpoints: readonly Endpoint[];
  readonly flow: Flow | undefined;
};

/** A request before its first attempt. */
export const newOutgoing = (core: Core, seed: OutgoingSeed): Outgoing => {
  const { local, endpoints } = seed;
  const remote = endpoints[0] ?? { protocol: local.protocol, address: local.address, port: local.port };
  return {
    txn: randomUUID(),
    app: seed.app,
    request: seed.request,
    contact: seed.contact,
    dialog: seed.dialog,
    dialogId: seed.dialogId,
    own: seed.own,
    places: endpoints.map((endpoint) => ({ endpoint, anySize: false })),
    triesUntil: Date.now() + TRIES * core.times.t1,
    flow: seed.flow,
    sent:
      endpoints.length === 0
        ? dress(core, seed.request, { local, remote }, newBranch()).sent
        : { text: '', size: 0, target: { local, remote } },
    transaction: undefined,
    forks: [],
    accepted: undefined,
    provisional: false,
    finished: false,
    expiry: undefined,
    cancel: 'none',
    cancelLines: '',
    ack: undefined,
  };
};
