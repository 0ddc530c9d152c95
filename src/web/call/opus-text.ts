import type { OpusSettings } from './opus-adaptation.ts';

/** Payload type of Opus in the first audio stream; undefined when it is not offered. */
const payloadOf = (sdp: string): string | undefined => /^a=rtpmap:(\d+) opus\/48000\/2\s*$/im.exec(sdp)?.[1];

/** Parameters that the settings decide, as `name=value`; all others stay as they are. */
const parametersFor = ({ dtx, maxBitrate }: OpusSettings): readonly string[] => [
  'useinbandfec=1',
  ...(dtx ? ['usedtx=1'] : []),
  ...(maxBitrate === undefined ? [] : [`maxaveragebitrate=${maxBitrate}`]),
];

const nameOf = (parameter: string): string => parameter.split('=', 1)[0]?.trim().toLowerCase() ?? '';

const merged = (line: string, wanted: readonly string[]): string => {
  const names = wanted.map(nameOf);
  const kept = line
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !names.includes(nameOf(part)));
  return [...kept, ...wanted].join(';');
};

/** Puts a line behind the one that names the codec. */
const behindCodec = (sdp: string, payload: string, line: string): string =>
  sdp.replace(new RegExp(`^a=rtpmap:${payload} [^\\r\\n]*`, 'm'), (codec) => `${codec}\r\n${line}`);

const withFormat = (sdp: string, payload: string, wanted: readonly string[]): string => {
  const format = new RegExp(`^a=fmtp:${payload} ([^\\r\\n]*)`, 'm');
  if (!format.test(sdp)) return behindCodec(sdp, payload, `a=fmtp:${payload} ${wanted.join(';')}`);
  return sdp.replace(format, (_, line: string) => `a=fmtp:${payload} ${merged(line, wanted)}`);
};

/** Packet time of the stream (RFC 8866 6.4), which every codec of it shares. */
const withPacketTime = (sdp: string, payload: string, ms: number): string =>
  /^a=ptime:\d+/m.test(sdp)
    ? sdp.replace(/^a=ptime:\d+/m, `a=ptime:${ms}`)
    : behindCodec(sdp, payload, `a=ptime:${ms}`);

/**
 * Writes into a description how its author wants to be sent Opus (RFC 7587 6.1). A description without Opus, or settings
 * of a good network, change nothing.
 */
export const withOpus = (sdp: string, settings: OpusSettings | undefined): string => {
  const payload = payloadOf(sdp);
  if (payload === undefined || !settings?.fec) return sdp;
  const formatted = withFormat(sdp, payload, parametersFor(settings));
  const { ptimeMs } = settings;
  return ptimeMs === undefined ? formatted : withPacketTime(formatted, payload, ptimeMs);
};
