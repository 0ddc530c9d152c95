import { errorMessage } from '../base/errors.ts';
import { sendRequest } from './request.ts';
import type { SrfApplication } from './srf.ts';
import type { RegisterOptions, RegisterResult } from './types.ts';

const sequenceOf = (cseq: string | undefined): number => Number.parseInt(cseq ?? '', 10) || 0;

/** Sends a REGISTER and answers its challenges. Never rejects. */
export const register = async (srf: SrfApplication, options: RegisterOptions): Promise<RegisterResult> => {
  const { server, address, contactUser, expires, callId, sequence, proxy, auth, timeoutMs } = options;
  try {
    const response = await sendRequest(srf, {
      method: 'REGISTER',
      uri: server,
      headers: {
        From: `<${address}>`,
        To: `<${address}>`,
        'Call-ID': callId,
        CSeq: `${sequence} REGISTER`,
        Contact: `<sip:${contactUser}@localhost>`,
        Expires: String(expires),
      },
      proxy,
      auth,
      timeoutMs,
    });
    if (!response) return { type: 'silence' };
    return {
      type: 'answer',
      status: response.status,
      reason: response.reason,
      header: (name) => response.get(name),
      address: response.source_address,
      contact: response.req?.get('Contact'),
      sequence: Math.max(sequence, sequenceOf(response.get('CSeq'))),
    };
  } catch (error) {
    return { type: 'unsent', reason: errorMessage(error) };
  }
};
