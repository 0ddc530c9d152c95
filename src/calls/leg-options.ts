import type { LegOptions } from '../media/index.ts';
import type { SipPeer, Trunk } from '../sip/index.ts';
import { wireOf } from './trunk-wire.ts';
import type { Origin } from './types.ts';

type Options = Pick<LegOptions, 'nat' | 'codecs' | 'wire'>;

/** Best first, where no trunk says otherwise. */
const CODECS: LegOptions['codecs'] = ['PCMU', 'PCMA'];

/** SIP over WebSocket is what browsers speak (RFC 7118), and they want WebRTC. */
export const isBrowser = ({ protocol }: Pick<SipPeer, 'protocol'>): boolean =>
  protocol === 'ws' || protocol === 'wss';

export const trunkLegOptions = (trunk: Trunk): Options => ({
  nat: trunk.nat,
  codecs: trunk.codecs,
  wire: wireOf(trunk),
});

export const browserLegOptions: Options = { nat: false, codecs: CODECS, wire: { type: 'webrtc' } };

/** A phone or a telephone system that no trunk leads to. */
export const phoneLegOptions = (nat: boolean): Options => ({ nat, codecs: CODECS });

/** The leg of whoever sent an INVITE. */
export const originLegOptions = (origin: Origin, peer: SipPeer): Options => {
  if (origin.type === 'trunk') return trunkLegOptions(origin.trunk);
  // Nobody says whether a user's desk phone sits behind NAT; what it sends tells.
  return origin.type === 'web' || isBrowser(peer) ? browserLegOptions : phoneLegOptions(true);
};
