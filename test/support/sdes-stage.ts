import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { findTone } from './audio.ts';
import { type Authority, makeAuthority } from './certificates.ts';
import { decode } from './g711.ts';
import { hearsOf } from './hearing.ts';
import type { CallRow } from './records.ts';
import { type Direction, type RtpPeer, readRtp } from './rtp-peer.ts';
import type { HostPort } from './sip-message.ts';
import { openSipPeer, type SipPeer } from './sip-peer.ts';
import type { Suite } from './srtp.ts';
import { openSrtpPeer, type SrtpPeer, type SrtpPeerOptions } from './srtp-peer.ts';
import { type Answered, openStage, SOURCE, type Stage } from './stage.ts';
import { until } from './wait.ts';

/** Trunks over TLS whose audio is encrypted with keys in SDP. */

export const SECURE = '127.0.0.21';
export const WISH = '127.0.0.22';
export const CARRIER_TONE = 400;
export const LINE_TONE = 700;
export const INTRUDER_TONE = 1900;
const TONES = [CARRIER_TONE, LINE_TONE, INTRUDER_TONE];

export const SUITES: readonly Suite[] = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
];
/** Numbers whose line is behind the trunk of that name. */
export const TO = { secure: '+493023125061', wish: '+493023125062' };
/** A number whose line is behind a trunk that requires this one suite. */
export const toSuite = (suite: Suite): string => `+49302312507${SUITES.indexOf(suite)}`;
const trunkOf = (suite: Suite): string => `suite-${SUITES.indexOf(suite)}`;

export type SdesStage = Stage & {
  /** The other end of trunk `secure`, which requires SRTP, and of one trunk for each suite. */
  readonly secure: SipPeer;
  /** The other end of trunk `wish`, for which SRTP is optional. */
  readonly wish: SipPeer;
  /** Where the gateway takes SIP over TLS. */
  readonly tls: HostPort;
  /** A phone that says 400 Hz under one suite; closed with the stage. */
  secret(address: string, options?: Partial<SrtpPeerOptions>): Promise<SrtpPeer>;
};

const openPeer = async (authority: Authority, address: string): Promise<SipPeer> => {
  const certificates = { ...(await authority.issue({ addresses: [address] })), ca: authority.ca };
  return openSipPeer({ address, transport: 'tls', user: 'carrier', certificates });
};

const tlsOf = ({ gateway }: Stage): HostPort => {
  const run = JSON.parse(readFileSync(join(gateway.directory, 'data/gateway.json'), 'utf8')) as {
    readonly sip: readonly string[];
  };
  const bound = run.sip.find((each) => each.startsWith('tls/'));
  return { address: '127.0.0.1', port: Number(bound?.split(':').at(-1)) };
};

export const openSdesStage = async (): Promise<SdesStage> => {
  const folder = mkdtempSync(join(tmpdir(), 'dialtrace-sdes-'));
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const authority = await makeAuthority();
  const own = await authority.issue({ addresses: ['127.0.0.1'] });
  const [secure, wish] = await Promise.all([openPeer(authority, SECURE), openPeer(authority, WISH)]);
  const phones: SrtpPeer[] = [];
  const closeAround = async (): Promise<void> => {
    await Promise.all([secure.close(), wish.close(), ...phones.map((phone) => phone.close())]);
    rmSync(folder, { recursive: true, force: true });
  };

  const place = (peer: SipPeer): string => peer.uri('trunk').replace('trunk@', '');
  const lineOf = (trunk: string) =>
    ({ id: trunk, type: 'trunk', trunk, number: '+493023125444', ringTimeoutSeconds: 8 }) as const;
  const numberOf = (number: string, line: string) => ({ number, source: SOURCE.id, lines: [line] });
  const stage = await openStage({
    listen: [{ transport: 'tls', address: '127.0.0.1', port: 0 }],
    sip: {
      tls: {
        certFile: write('own.pem', own.cert),
        keyFile: write('own.key', own.key),
        caFile: write('ca.pem', authority.ca),
      },
    },
    media: { webrtc: { port: 0, workers: 1 } },
    extend: () => ({
      trunks: [
        { id: 'secure', region: 'DE', sources: [SECURE], gateway: place(secure), srtp: 'required' },
        { id: 'wish', region: 'DE', sources: [WISH], gateway: place(wish), srtp: 'optional' },
        ...SUITES.map((suite) => ({
          id: trunkOf(suite),
          region: 'DE',
          gateway: place(secure),
          srtp: 'required' as const,
          srtpSuites: [suite],
        })),
      ],
      lines: ['secure', 'wish', ...SUITES.map(trunkOf)].map(lineOf),
      numbers: [
        numberOf(TO.secure, 'secure'),
        numberOf(TO.wish, 'wish'),
        ...SUITES.map((suite) => numberOf(toSuite(suite), trunkOf(suite))),
      ],
    }),
  }).catch(async (error: unknown) => {
    await closeAround();
    throw error;
  });

  return {
    ...stage,
    secure,
    wish,
    tls: tlsOf(stage),
    secret: async (address, options = {}) => {
      const phone = await openSrtpPeer({
        address,
        frequency: CARRIER_TONE,
        telephoneEvent: 101,
        suites: ['AES_CM_128_HMAC_SHA1_80'],
        ...options,
      });
      phones.push(phone);
      return phone;
    },
    close: async () => {
      await stage.close();
      await closeAround();
    },
  };
};

/** The phone as a call holds it: offers and answers with keys, new ones in every description where `rekey`. */
export const mediaOf = (phone: SrtpPeer, rekey = false): RtpPeer => {
  let theirs: string | undefined;
  let offering = false;
  let taken: string | undefined;
  return Object.create(phone, {
    sdp: {
      value: ({ direction = 'sendrecv' }: { direction?: Direction } = {}) => {
        if (theirs === undefined) {
          offering = true;
          return phone.offer({ direction, rekey });
        }
        const answer = phone.answer(theirs, { rekey }).replace('a=sendrecv', `a=${direction}`);
        theirs = undefined;
        return answer;
      },
    },
    follow: {
      value: (sdp: string) => {
        if (!offering && sdp !== taken) {
          theirs = sdp;
          return;
        }
        phone.takeAnswer(sdp);
        offering = false;
        taken = sdp;
      },
    },
  }) as RtpPeer;
};

/** Waits until `phone` hears these of the tones and no other. */
export const hear = async (phone: RtpPeer, tones: readonly number[]): Promise<void> => {
  const deadline = Date.now() + 8000;
  for (;;) {
    const heard = await hearsOf(phone, TONES, 600);
    if (Date.now() > deadline || JSON.stringify(heard) === JSON.stringify(tones)) {
      expect(heard).toEqual(tones);
      return;
    }
  }
};

export const bothHear = async ({ near, far }: Pick<Answered, 'near' | 'far'>): Promise<void> => {
  await Promise.all([hear(near, [LINE_TONE]), hear(far, [CARRIER_TONE])]);
};

/** How each leg was protected. */
export const protectionOf = (row: CallRow): readonly (readonly [string, string | null])[] =>
  row.legs.map(({ media_security, srtp_suite }) => [media_security, srtp_suite]);

/** Expects that what the phone was sent sounds like noise, taken for G.711. */
export const expectNoise = async (phone: SrtpPeer): Promise<void> => {
  const audioOf = (): readonly Buffer[] =>
    phone.captured.filter((data) => ((data[0] ?? 0) & 0xc0) === 0x80 && data.length > 150);
  await until('enough packets', () => audioOf().length > 50);
  const payloads = audioOf().flatMap((data) => readRtp(data, { address: '', port: 0 }, 0)?.payload ?? []);
  for (const law of ['PCMU', 'PCMA'] as const) {
    const sound = decode(law, Buffer.concat(payloads));
    for (const tone of TONES) expect(findTone(sound, tone).seconds).toBeLessThan(0.02);
  }
};
