import { errorMessage } from '../base/errors.ts';
import { PortsUsedUp } from '../media/index.ts';
import { SdpError } from '../sdp/index.ts';
import type { CallEnd } from './types.ts';

const failed = (sipCode: number, q850: number, reason: string): CallEnd => ({
  status: 'failed',
  sipCode,
  q850,
  by: 'gateway',
  reason,
});

/** How a call ends that the gateway can't go on with; 503 with cause 34 (RFC 3398 7.2.4.1) tells a carrier to try another way. */
export const endOfError = (error: unknown): CallEnd => {
  if (error instanceof SdpError)
    return failed(error.sipStatus, 88, `the caller's media can't be used: ${error.message}`);
  if (error instanceof PortsUsedUp) return failed(503, 34, error.message);
  return failed(500, 41, `gateway failure: ${errorMessage(error)}`);
};
