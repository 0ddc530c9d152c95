import type { WireOptions } from '../media/index.ts';
import type { Trunk } from '../sip/index.ts';

/** What the audio of a trunk's calls travels as. */
export const wireOf = ({ srtp, srtpSuites }: Pick<Trunk, 'srtp' | 'srtpSuites'>): WireOptions =>
  srtp === 'off' ? { type: 'rtp' } : { type: 'sdes', suites: srtpSuites, required: srtp === 'required' };
