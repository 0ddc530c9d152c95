import { hostPort, newBranch, token, writeSip } from './sip-message.ts';
import type { Endpoint, InviteOptions } from './sip-peer-types.ts';

/** The INVITE that begins a call. */
export const firstInvite = (endpoint: Endpoint, options: InviteOptions, tag: string): string => {
  const gateway = hostPort(options.to);
  const uri = options.uri ?? `sip:${options.did}@${gateway}`;
  const from = options.from ?? `<sip:+493023125900@${hostPort(endpoint)}>`;
  const sdp = options.sdp ?? (options.lateOffer ? undefined : options.media?.sdp());
  return writeSip(
    `INVITE ${uri} SIP/2.0`,
    [
      endpoint.via(newBranch()),
      ['Max-Forwards', '70'],
      ['From', `${from};tag=${tag}`],
      ['To', options.toHeader ?? `<sip:${options.did}@${gateway}>`],
      ['Call-ID', `${token(10)}@${endpoint.address.replace(/:/g, '-')}`],
      ['CSeq', '1 INVITE'],
      ['Contact', endpoint.contact],
      ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO'],
      ...(options.headers ?? []),
    ],
    sdp,
  );
};
