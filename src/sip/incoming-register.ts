import { peerOf } from './peer.ts';
import { type SrfApplication, type SrfRequest, type SrfResponse, sendWithLines } from './srf.ts';
import type { IncomingRegister, RegisterResponse } from './types.ts';

const incoming = (request: SrfRequest): IncomingRegister => ({
  uri: request.uri,
  peer: peerOf(request),
  body: request.body,
  header: (name) => request.get(name),
});

const answer = async (
  request: SrfRequest,
  response: SrfResponse,
  onRegister: (message: IncomingRegister) => Promise<RegisterResponse>,
): Promise<void> => {
  // Who can't be looked up is asked to come back: the database may be held for a moment.
  const { status, reason, headers } = await onRegister(incoming(request)).catch(
    (): RegisterResponse => ({ status: 500, headers: { 'Retry-After': '5' } }),
  );
  sendWithLines(response, status, headers, reason);
};

/** Takes REGISTER requests. */
export const takeRegisters = (
  srf: SrfApplication,
  onRegister: (message: IncomingRegister) => Promise<RegisterResponse>,
): void => srf.use('register', (request, response) => void answer(request, response, onRegister));
