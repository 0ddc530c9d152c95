import { errorMessage, FailureError } from '../../base/errors.ts';
import { type CryptoLine, chooseCrypto, SdpError, type SrtpSuite } from '../../sdp/index.ts';
import type { Channel, SdesMedia } from './sdes-media.ts';

/** What both sides protect their audio with. The channels differ while several peers answer one offer. */
export type Link = {
  readonly tag: number;
  readonly remoteKey: string;
  readonly sender: Channel;
  readonly receiver: Channel;
};

/** From what a link is made. */
export type LinkParts = {
  readonly media: SdesMedia;
  /** The link that holds now, over the same media. */
  readonly link: Link | undefined;
  /** Channels that nobody is connected to; those that are used are taken out. */
  readonly spare: Map<SrtpSuite, Channel>;
  /** Under which the peer was heard. */
  readonly ssrcs: readonly number[];
};

/** Any failure of mediasoup's as ours. */
export const asFailure = (error: unknown): FailureError =>
  error instanceof FailureError ? error : new FailureError(`mediasoup failed: ${errorMessage(error)}`);

/** @param sends see `Channel.connect` */
const connect = async (
  channel: Channel,
  remoteKey: string,
  ssrcs: readonly number[],
  sends: boolean,
): Promise<Channel> => {
  try {
    await channel.connect(remoteKey, sends);
    await Promise.all(ssrcs.map(channel.hear));
    return channel;
  } catch (error) {
    channel.close();
    throw asFailure(error);
  }
};

/** A link over a channel of its own. */
const freshLink = async (
  { media, ssrcs }: LinkParts,
  { tag, suite, key }: CryptoLine,
  free: Channel | undefined,
): Promise<Link> => {
  const channel = await connect(free ?? (await media.channel(suite)), key, ssrcs, true);
  return { tag, remoteKey: key, sender: channel, receiver: channel };
};

/** The link for an offer of the peer's: as it is while its key is, else a new one. */
export const linkToOffer = async (
  parts: LinkParts,
  lines: readonly CryptoLine[],
  suites: readonly SrtpSuite[],
): Promise<Link> => {
  const { link, spare } = parts;
  const same = lines.find(({ suite, key }) => suite === link?.sender.suite && key === link.remoteKey);
  if (link !== undefined && same !== undefined) return { ...link, tag: same.tag };
  const line = chooseCrypto(lines, suites);
  if (line === undefined) throw new SdpError('No crypto suite in common with the peer', 488);
  const free = spare.get(line.suite);
  spare.delete(line.suite);
  return freshLink(parts, line, free);
};

/**
 * The link after the peer took one of our offered lines with `line`.
 *
 * @param offered the lines of our last offer
 * @returns `known` is false when the peer has to be told a new key of ours before it can hear anything
 */
export const linkToAnswer = async (
  parts: LinkParts,
  line: CryptoLine,
  offered: readonly CryptoLine[],
): Promise<{ readonly link: Link; readonly known: boolean }> => {
  const { media, link, spare, ssrcs } = parts;
  const ours = offered.find(({ tag, suite }) => tag === line.tag && suite === line.suite);
  if (ours === undefined) {
    const text = `The peer answers with crypto line ${line.tag} ${line.suite}, which was not offered`;
    throw new SdpError(text, 488);
  }
  const { key: remoteKey } = line;
  if (link?.sender.key === ours.key) {
    if (link.remoteKey === remoteKey) return { link, known: true };
    // Another fork of our offer, or new keys of its own: it knows our key.
    const receiver = await connect(await media.channel(line.suite), remoteKey, ssrcs, false);
    return { link: { ...link, remoteKey, receiver }, known: true };
  }
  const free = spare.get(line.suite);
  if (free?.key !== ours.key) return { link: await freshLink(parts, line, undefined), known: false };
  spare.delete(line.suite);
  return { link: await freshLink(parts, line, free), known: true };
};
