import { randomBytes } from 'node:crypto';
import type { Dialog, Req, Res, Srf } from '../integration/sip-engine/srf.ts';
import { REGISTRATION } from './plan.ts';
import type { Protocol } from './wire.ts';

/** The application on the watched engine: what it does with a call is the user part of the Request-URI. */

export const sdp = (name: string, version = 1): string =>
  `v=0\r\no=- 1 ${version} IN IP4 127.0.0.1\r\ns=${name}\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n`;

export type Places = {
  /** A line of the carrier's. */
  line(protocol: Protocol): string;
  /** Where a phone has registered. */
  contactOf(user: string): string;
};

type Taking = (req: Req, res: Res, words: readonly string[]) => unknown;

const withSdp = (body: string) => ({ body, headers: { 'Content-Type': 'application/sdp' } });

/** A dialog that both sides may end, at the latest after a while. */
const tend = (dialog: Dialog, milliseconds: number): void => {
  const end = setTimeout(() => void dialog.destroy().catch(() => {}), milliseconds);
  dialog.on('destroy', () => clearTimeout(end));
  dialog.on('modify', (req: Req, res: Res) => res.send(200, withSdp(req.body)));
  dialog.on('info', (_req: Req, res: Res) => res.send(200));
};

const join = (one: Dialog, other: Dialog): void => {
  one.on('destroy', () => void other.destroy().catch(() => {}));
  other.on('destroy', () => void one.destroy().catch(() => {}));
};

/** Longest call, in milliseconds: callers hang up before. */
const LONGEST = 6000;

export const prepareApp = (srf: Srf, places: Places): void => {
  const answer = async (req: Req, res: Res, milliseconds = LONGEST): Promise<void> =>
    tend(await srf.createUAS(req, res, { localSdp: sdp('house') }), milliseconds);

  const bridge = async (req: Req, res: Res, to: string): Promise<void> => {
    const { uas, uac } = await srf.createB2BUA(req, res, to, { localSdpB: req.body });
    join(uas, uac);
  };

  const takings: Readonly<Record<string, Taking>> = {
    answer: (req, res) => answer(req, res),
    hangup: (req, res, [, milliseconds]) => answer(req, res, Number(milliseconds ?? 500)),
    reliable: (req, res) =>
      res.send(
        183,
        { ...withSdp(sdp('early')), headers: { 'Content-Type': 'application/sdp', Require: '100rel' } },
        () => {},
        () => void answer(req, res).catch(() => {}),
      ),
    bridge: (req, res, [, protocol]) => bridge(req, res, places.line(protocol as Protocol)),
    phone: (req, res, [, user = '']) => bridge(req, res, places.contactOf(user)),
    busy: (_req, res) => res.send(486),
    ring: (_req, res) => res.send(180),
    silent: () => {},
    fork: (req, _res, [, ...users]) =>
      req.proxy({
        destination: users.map((user) => places.contactOf(user)),
        forking: 'simultaneous',
        remainInDialog: true,
      }),
  };

  srf.invite((req, res) => {
    const words = /^sips?:([^@]*)@/.exec(req.uri)?.[1]?.split('.') ?? [];
    const taking = takings[words[0] ?? ''];
    if (taking === undefined) return res.send(404);
    // What goes wrong is the caller's to tell.
    Promise.resolve(taking(req, res, words)).catch(() => {});
  });

  const nonces = new Map<string, string>();
  srf.use('register', (req, res) => {
    const authorization = req.get('Authorization') ?? '';
    const user = /sip:([^@]*)@/.exec(req.get('To') ?? '')?.[1] ?? '';
    const nonce = nonces.get(user);
    if (nonce !== undefined && authorization.includes(nonce)) {
      const seconds = /expires=(\d+)/.exec(req.get('Contact') ?? '')?.[1] ?? REGISTRATION;
      const contact = /<[^>]*>/.exec(req.get('Contact') ?? '')?.[0] ?? '';
      return res.send(200, { headers: { Contact: `${contact};expires=${seconds}` } });
    }
    const fresh = randomBytes(8).toString('hex');
    nonces.set(user, fresh);
    res.send(401, { headers: { 'WWW-Authenticate': `Digest realm="house.example", nonce="${fresh}"` } });
  });
  srf.options((_req, res) => res.send(200));
  srf.use('message', (req, res) => res.send(200, { body: req.body }));
};
