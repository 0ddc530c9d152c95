export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** Direction of the first stream; sendrecv when none is told (RFC 8866 6.7). */
export const directionOf = (sdp: string): MediaDirection => {
  const media = sdp.indexOf('\nm=');
  const found = (text: string): string | undefined =>
    /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(text)?.[1];
  const direction = (media < 0 ? undefined : found(sdp.slice(media))) ?? found(sdp.slice(0, media));
  return (direction as MediaDirection | undefined) ?? 'sendrecv';
};

/** The peer's certificate as it is told (RFC 8122), to see when it changes. */
export const fingerprintsOf = (sdp: string): string =>
  [...sdp.matchAll(/^a=fingerprint:(\S+) (\S+)/gm)]
    .map(([, algorithm, value]) => `${algorithm?.toLowerCase()} ${value?.toUpperCase()}`)
    .filter((line, index, all) => all.indexOf(line) === index)
    .sort()
    .join(', ');

/**
 * Gives a description the session id and version of this side of the call: they stay one session when the browser's
 * connection is replaced in the middle of it (RFC 3264 8).
 */
export const withOrigin = (sdp: string, id: string, version: number): string =>
  sdp.replace(/^o=(\S+) \S+ \S+ /m, (_, user: string) => `o=${user} ${id} ${version} `);
