import type { Link, LinkEvents, LinkMaker } from './links.ts';
import type { Endpoint, Flow, ListenPoint, StreamLimits } from './types.ts';
import { judgeVitals, newVitals } from './vitals.ts';

/** What came over a connection. */
export type StreamArrival = {
  readonly bytes: Buffer;
  readonly flow: Flow;
  readonly local: ListenPoint;
  readonly localAddress: string;
  readonly broken?: 'too large' | 'malformed';
};

/** What a connection is made of and whom it tells. */
export type ConnectionPlan = {
  readonly id: string;
  readonly remote: Endpoint;
  readonly local: ListenPoint;
  /** We open it. */
  readonly dialed: boolean;
  readonly limits: StreamLimits;
  /** Milliseconds between our keep-alives, 0 for none. */
  readonly keepAlive: number;
  received(arrival: StreamArrival): void;
  closed(connection: Connection): void;
  isKnown(remote: Endpoint): boolean;
};

/** A stream of messages to or from a peer, from the attempt to open it to its end. */
export type Connection = {
  readonly flow: Flow;
  /** Whether the peer has sent a whole message. */
  readonly hasSpoken: boolean;
  /** It is open now: what waited goes out. */
  opened(link: LinkMaker): void;
  /** It could not be opened. */
  failed(error: Error): void;
  write(bytes: Buffer, failed: (error: Error) => void): void;
  /** Sends a keep-alive, or ends what has lasted too long. */
  check(now: number): void;
  destroy(error: Error): void;
};

type Waiting = { readonly bytes: Buffer; readonly failed: (error: Error) => void };

const ignore = (): void => {};

/** @param abandon gives up the attempt to open it, where there is one */
export const createConnection = (plan: ConnectionPlan, abandon: (error: Error) => void): Connection => {
  const { id, remote, local, dialed, limits, keepAlive } = plan;
  const mustPong = remote.protocol === 'ws' || remote.protocol === 'wss';
  const waiting = new Set<Waiting>();
  let vitals = newVitals(performance.now());
  let link: Link | undefined;
  let open = true;
  let failure: Error | undefined;
  let held = 0;

  const flow: Flow = {
    id,
    remote,
    get origin() {
      return link?.origin;
    },
    get open() {
      return open;
    },
  };

  const end = (error: Error | undefined): void => {
    if (!open) return;
    open = false;
    failure ??= error ?? new Error('connection closed');
    const lost = [...waiting];
    waiting.clear();
    plan.closed(connection);
    for (const { failed } of lost) failed(failure);
  };

  const destroy = (error: Error): void => {
    failure ??= error;
    if (link) link.destroy();
    else abandon(error);
  };

  const arrived = (bytes: Buffer, broken?: StreamArrival['broken']): void => {
    const arrival = { bytes, flow, local, localAddress: link?.localAddress ?? local.address };
    plan.received(broken ? { ...arrival, broken } : arrival);
  };

  const events: LinkEvents = {
    message: (bytes) => {
      vitals.messageAt = performance.now();
      vitals.begunAt = undefined;
      arrived(bytes);
    },
    broken: (bytes, tooLarge) => {
      arrived(bytes, tooLarge ? 'too large' : 'malformed');
      // Where the next message begins is unknown now; the refusal still goes out.
      vitals.endsAt = performance.now() + limits.connect;
      link?.end();
    },
    heard: () => {
      vitals.heardAt = performance.now();
      if (vitals.awaitsPong) {
        vitals.awaitsPong = false;
        vitals.ponged = true;
      }
      vitals.begunAt = link?.begun ? (vitals.begunAt ?? vitals.heardAt) : undefined;
      if (link && link.backlog > limits.backlog) destroy(new Error('peer reads too slowly'));
    },
    closed: end,
  };

  const transmit = (to: Link, entry: Waiting): void => {
    to.send(entry.bytes, (error) => {
      if (waiting.delete(entry) && error) entry.failed(failure ?? error);
    });
  };

  const connection: Connection = {
    flow,
    get hasSpoken() {
      return vitals.messageAt !== undefined;
    },
    opened: (make) => {
      if (!open) {
        make({ message: ignore, broken: ignore, heard: ignore, closed: ignore }).destroy();
        return;
      }
      vitals = newVitals(performance.now());
      link = make(events);
      held = 0;
      for (const entry of waiting) transmit(link, entry);
    },
    failed: end,
    write: (bytes, failed) => {
      if (!open) {
        setImmediate(failed, failure ?? new Error('connection closed'));
        return;
      }
      const entry = { bytes, failed };
      waiting.add(entry);
      vitals.sentAt = performance.now();
      if (link) transmit(link, entry);
      else held += bytes.length;
      if ((link?.backlog ?? held) > limits.backlog) destroy(new Error('peer reads too slowly'));
    },
    check: (now) => {
      if (!link || !open) return;
      const known = plan.isKnown(remote);
      const verdict = judgeVitals(vitals, { dialed, known, keepAlive, mustPong }, limits, now);
      if (verdict === 'fine') return;
      if (verdict !== 'ping') {
        destroy(new Error(verdict.close));
        return;
      }
      vitals.pingedAt = now;
      vitals.awaitsPong = true;
      link.ping();
    },
    destroy,
  };
  return connection;
};
