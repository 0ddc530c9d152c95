/** Sockets of the SIP engine: UDP, TCP, TLS and WebSocket over IPv4 and IPv6, admission of peers. */
export { createTransports, newTransportCounters } from './transports.ts';
export type {
  Endpoint,
  Flow,
  ListenPoint,
  Received,
  Sent,
  StreamLimits,
  TransportCounters,
  TransportHandlers,
  TransportOptions,
  TransportProtocol,
  Transports,
} from './types.ts';
