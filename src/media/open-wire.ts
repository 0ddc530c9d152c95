import { isIPv6 } from 'node:net';
import { FailureError } from '../base/errors.ts';
import { createPlainWire } from './plain-wire.ts';
import type { EdgeThread } from './rtp/edge-thread.ts';
import type { RelayAim } from './rtp/messages.ts';
import type { PortPool } from './rtp/ports.ts';
import { type LegOptions, PortsUsedUp, type WireOptions } from './types.ts';
import type { EdgeEnd, Encryption } from './webrtc/types.ts';
import type { Wire, WireEvents } from './wire.ts';

export type WirePlace = {
  readonly edge: EdgeThread;
  readonly pool: PortPool;
  readonly boundAddress: string;
  readonly publicAddress: string;
  /** The configured range, for the error message. */
  readonly ports: { readonly from: number; readonly to: number };
  /** Undefined: no leg can be encrypted. */
  readonly encryption?: Encryption | undefined;
};

/** A leg that is to be opened in the edge. */
export type NewLeg = {
  /** The edge's name for its session. */
  readonly session: string;
  readonly id: string;
  readonly options: LegOptions;
  readonly events: WireEvents;
};

/** A leg open in the edge, and what its packets travel as; `ports` are to be given back to the pool. */
export type OpenedWire = { readonly wire: Wire; readonly ports: readonly number[] };

/** Where the edge meets mediasoup. */
const LOOPBACK = '127.0.0.1';

/** Where a leg binds: where the engine does, unless the address that its peer is told is of the other IP family. */
const bindAddress = (engine: string, advertised: string | undefined): string => {
  if (advertised === undefined || isIPv6(advertised) === isIPv6(engine)) return engine;
  if (advertised === '::1' || advertised === '127.0.0.1') return advertised;
  return isIPv6(advertised) ? '::' : '0.0.0.0';
};

const noEncryption = (): FailureError =>
  new FailureError("The leg can't be encrypted: no mediasoup worker runs");

/**
 * Opens a leg in the edge, and what stands between it and its peer.
 *
 * @throws FailureError when the ports are used up, or the leg can't be encrypted as it must be
 */
export const openWire = async (place: WirePlace, leg: NewLeg): Promise<OpenedWire> => {
  const { edge, pool, encryption } = place;
  const { session, id, options, events } = leg;
  const { codecs, label, nat } = options;
  const publicAddress = options.advertisedAddress ?? place.publicAddress;
  const publicBinding = bindAddress(place.boundAddress, options.advertisedAddress);
  const taken: number[] = [];

  const release = (port: number): void => pool.release(port, performance.now());

  const takePort = (): number => {
    const port = pool.take(performance.now());
    if (port !== undefined) return port;
    const { from, to } = place.ports;
    throw new PortsUsedUp(`All RTP ports from ${from} to ${to} are in use; widen media.rtpPorts`);
  };

  /** Opens something on a free port, passing over those that other programs hold (`open` gives undefined). */
  const onFreePort = async <T>(
    open: (port: number) => Promise<T | undefined>,
  ): Promise<{ readonly port: number; readonly opened: T }> => {
    for (;;) {
      const port = takePort();
      const opened = await open(port).catch((error: unknown) => {
        release(port);
        throw error;
      });
      if (opened !== undefined) {
        taken.push(port);
        return { port, opened };
      }
      release(port);
    }
  };

  const openLeg = (address: string, learns: boolean) =>
    onFreePort((port) => edge.request('openLeg', { session, leg: id, label, nat: learns, address, port }));

  /** The leg as mediasoup meets it. */
  const openInside = async (): Promise<EdgeEnd> => {
    const { port, opened: ssrc } = await openLeg(LOOPBACK, false);
    return { address: LOOPBACK, port, ssrc };
  };

  const openPlain = async (): Promise<Wire> => {
    const { port } = await openLeg(publicBinding, nat);
    return createPlainWire({ codecs, port, boundAddress: publicBinding, publicAddress });
  };

  const openSdes = async (by: Encryption, wire: WireOptions & { readonly type: 'sdes' }): Promise<Wire> => {
    const inside = await openInside();
    const { port, opened: inner } = await onFreePort((free) =>
      edge.request('openRelay', { leg: id, nat, address: publicBinding, port: free }),
    );
    const { suites, required } = wire;
    const relay = {
      port,
      boundAddress: publicBinding,
      inner: { address: LOOPBACK, ...inner },
      aim: (aim: RelayAim) => edge.tell('aimRelay', { leg: id, ...aim }),
    };
    return by.sdesWire({ codecs, edge: inside, publicAddress, events, relay, suites, required });
  };

  const open = async (wire: WireOptions): Promise<Wire> => {
    if (wire.type === 'rtp') return openPlain();
    if (encryption === undefined) throw noEncryption();
    if (wire.type === 'sdes') return openSdes(encryption, wire);
    return encryption.browserWire({ codecs, edge: await openInside(), publicAddress, events });
  };

  const undo = async (): Promise<void> => {
    if (taken.length > 0) await edge.request('closeLeg', { session, leg: id }).catch(() => undefined);
    for (const port of taken.splice(0)) release(port);
  };

  const wanted = options.wire ?? { type: 'rtp' };
  try {
    return { wire: await open(wanted), ports: taken };
  } catch (error) {
    await undo();
    const optional = wanted.type === 'sdes' && !wanted.required;
    if (!optional || !(error instanceof FailureError)) throw error;
    return { wire: await openPlain(), ports: taken };
  }
};
