import type { RequestParts } from './types.ts';

const routeLines = (parts: RequestParts): string => {
  let lines = '';
  for (const route of parts.routes) lines += `Route: ${route}\r\n`;
  return lines;
};

/** ACK to a non-2xx final response, hop by hop with the INVITE's branch (RFC 3261 17.1.1.3). `to` has the response's tag. */
export const buildHopAck = (parts: RequestParts, to: string): string =>
  `ACK ${parts.uri} SIP/2.0\r\nVia: ${parts.via}\r\nMax-Forwards: 70\r\n${routeLines(parts)}From: ${parts.from}\r\n` +
  `To: ${to}\r\nCall-ID: ${parts.callId}\r\nCSeq: ${parts.cseq} ACK\r\nContent-Length: 0\r\n\r\n`;

/** CANCEL of a request (RFC 3261 9.1). `extra` are whole header lines with their ends, such as a Reason. */
export const buildCancel = (parts: RequestParts, extra: string): string =>
  `CANCEL ${parts.uri} SIP/2.0\r\nVia: ${parts.via}\r\nMax-Forwards: 70\r\n${routeLines(parts)}From: ${parts.from}\r\n` +
  `To: ${parts.to}\r\nCall-ID: ${parts.callId}\r\nCSeq: ${parts.cseq} CANCEL\r\n${extra}Content-Length: 0\r\n\r\n`;
