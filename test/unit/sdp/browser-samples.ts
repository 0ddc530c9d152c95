import { readFileSync } from 'node:fs';
import type { LocalBrowserAudio } from '../../../src/sdp/index.ts';

export const BROWSERS = ['chromium', 'firefox', 'safari'] as const;

/** A description as the browser wrote it. */
export const sample = (name: string): string =>
  readFileSync(new URL(`../../fixtures/browser-sdp/${name}.sdp`, import.meta.url), 'utf8');

export const ourFingerprint = { algorithm: 'sha-256', value: Array(32).fill('AB').join(':') } as const;

export const local: LocalBrowserAudio = {
  address: '192.0.2.10',
  ice: { usernameFragment: 'ourufrag', password: 'ourpasswordourpassword' },
  candidates: [
    {
      foundation: 'udpcandidate',
      priority: 1_076_558_079,
      address: '192.0.2.10',
      port: 40_000,
      protocol: 'udp',
      type: 'host',
    },
    {
      foundation: 'tcpcandidate',
      priority: 1_076_276_479,
      address: '192.0.2.10',
      port: 40_000,
      protocol: 'tcp',
      type: 'host',
      tcpType: 'passive',
    },
  ],
  fingerprint: ourFingerprint,
  codecs: ['PCMU', 'PCMA'],
  telephoneEvent: 126,
  ssrc: 123_456_789,
  cname: 'ours',
  ptime: 20,
  origin: { id: '4611686018427387904', version: 1 },
};
