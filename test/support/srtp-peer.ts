import { randomBytes } from 'node:crypto';
import { openRtpPeer, type RtpPeer, type RtpPeerOptions } from './rtp-peer.ts';
import { createSrtpContext, SUITES, type Suite } from './srtp.ts';

export type SrtpPeerOptions = Omit<RtpPeerOptions, 'protection'> & {
  /** What it offers, best first; in an answer it takes the first of them that was offered. */
  readonly suites: readonly Suite[];
};

/** A phone that speaks SRTP with keys in SDP (RFC 4568). */
export type SrtpPeer = Omit<RtpPeer, 'sdp' | 'follow'> & {
  /** An offer with a line for each suite; the last one again unless `rekey`. */
  offer(options?: Parameters<RtpPeer['sdp']>[0] & { readonly rekey?: boolean }): string;
  /** Takes the other side's answer. */
  takeAnswer(sdp: string): void;
  /** Takes the other side's offer and answers it. */
  answer(offer: string, options?: { readonly rekey?: boolean }): string;
  /** Sends under another key than it said, or in plain RTP, from now on. */
  spoil(how: 'key' | 'plain'): void;
  /** Sends under another SSRC from now on. */
  changeSsrc(): void;
  /** Datagrams as they came, whether or not they could be decrypted. */
  readonly captured: readonly Buffer[];
  /** Datagrams that did not authenticate. */
  readonly refused: () => number;
};

type Line = { readonly tag: number; readonly suite: Suite; readonly key: Buffer };

const isSuite = (name: string): name is Suite => Object.hasOwn(SUITES, name);

/** The `a=crypto` lines of a description. */
export const cryptoLines = (sdp: string): Line[] =>
  [...sdp.matchAll(/^a=crypto:(\d+) (\w+) inline:(\S+)/gm)].flatMap(([, tag = '', suite = '', key = '']) =>
    isSuite(suite) ? [{ tag: Number(tag), suite, key: Buffer.from(key, 'base64') }] : [],
  );

const writeLine = ({ tag, suite, key }: Line): string =>
  `a=crypto:${tag} ${suite} inline:${key.toString('base64')}`;

const secured = (sdp: string, lines: readonly Line[]): string =>
  sdp.replace(
    /^(m=audio \d+) RTP\/AVP (.*\r\n)/m,
    (_, start, formats) =>
      `${start} RTP/SAVP ${formats}${lines.map((line) => `${writeLine(line)}\r\n`).join('')}`,
  );

const freshKey = (suite: Suite): Buffer => randomBytes(SUITES[suite].key + SUITES[suite].salt);

export const openSrtpPeer = async ({ suites, ...options }: SrtpPeerOptions): Promise<SrtpPeer> => {
  const captured: Buffer[] = [];
  let refused = 0;
  let own: readonly Line[] = suites.map((suite, index) => ({ tag: index + 1, suite, key: freshKey(suite) }));
  let outgoing: { readonly line: Line; readonly context: ReturnType<typeof createSrtpContext> } | undefined;
  let incoming: typeof outgoing;
  let plain = false;
  let ssrc: number | undefined;

  /** The same key goes on as it was: its rollover counter, too. */
  const under = (line: Line, before: typeof outgoing): typeof outgoing =>
    before?.line.key.equals(line.key) ? before : { line, context: createSrtpContext(line.suite, line.key) };

  const peer = await openRtpPeer({
    ...options,
    protection: {
      out(packet) {
        if (ssrc !== undefined) packet.writeUInt32BE(ssrc, 8);
        return plain ? packet : (outgoing?.context.protect(packet) ?? packet);
      },
      in(data) {
        captured.push(data);
        const packet = incoming?.context.unprotect(data);
        if (packet === undefined) refused += 1;
        return packet;
      },
    },
  });

  const agree = (mine: Line, theirs: Line): void => {
    outgoing = under(mine, outgoing);
    incoming = under(theirs, incoming);
  };

  const rekey = (): void => {
    own = own.map((line) => ({ ...line, key: freshKey(line.suite) }));
  };

  return Object.create(peer, {
    captured: { value: captured },
    changeSsrc: {
      value: () => {
        ssrc = randomBytes(4).readUInt32BE();
      },
    },
    refused: { value: () => refused },
    offer: {
      value: ({ rekey: anew = false, ...direction }: Parameters<SrtpPeer['offer']>[0] = {}) => {
        if (anew) rekey();
        return secured(peer.sdp(direction), own);
      },
    },
    takeAnswer: {
      value: (sdp: string) => {
        peer.follow(sdp);
        const [theirs] = cryptoLines(sdp);
        const mine = own.find(({ tag }) => tag === theirs?.tag);
        if (!theirs || mine?.suite !== theirs.suite) throw new Error(`no crypto of ours in ${sdp}`);
        agree(mine, theirs);
      },
    },
    answer: {
      value: (sdp: string, { rekey: anew = false } = {}) => {
        peer.follow(sdp);
        if (anew) rekey();
        const offered = cryptoLines(sdp);
        const mine = own.find(({ suite }) => offered.some((line) => line.suite === suite));
        const theirs = offered.find(({ suite }) => suite === mine?.suite);
        if (!mine || !theirs) throw new Error(`no crypto suite in common with ${sdp}`);
        agree(mine, theirs);
        return secured(peer.sdp(), [{ ...mine, tag: theirs.tag }]);
      },
    },
    spoil: {
      value: (how: 'key' | 'plain') => {
        if (!outgoing) throw new Error('nothing is agreed on');
        plain = how === 'plain';
        if (plain) return;
        outgoing = under({ ...outgoing.line, key: freshKey(outgoing.line.suite) }, undefined);
      },
    },
  }) as SrtpPeer;
};
