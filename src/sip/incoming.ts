import { wrapDialog } from './dialog.ts';
import { peerOf } from './peer.ts';
import { q850Of } from './reason.ts';
import { parseReplaces } from './replaces.ts';
import {
  type SrfApplication,
  type SrfDialog,
  type SrfRequest,
  type SrfResponse,
  sendWithLines,
} from './srf.ts';
import type { IncomingInvite, OfferHandler } from './types.ts';

const SDP = { 'Content-Type': 'application/sdp' };

/** A ringing that begins a dialog says where its peer is (RFC 3261 12.1.1); SIP.js drops it without. */
const HERE = { Contact: '<sip:localhost>' };

/** The caller's answer to our offer in the 200 comes in its ACK (RFC 3261 13.2.2.4). */
const takeLateAnswer = (dialog: SrfDialog, lateAnswer: (sdp: string) => Promise<void>): void => {
  let taken = false;
  dialog.on('ack', (ack) => {
    if (taken || !ack.body) return;
    taken = true;
    lateAnswer(ack.body).catch(() => undefined);
  });
};

/** Gives an incoming INVITE the face that calls work with. */
export const wrapInvite = (
  srf: SrfApplication,
  request: SrfRequest,
  response: SrfResponse,
): IncomingInvite => {
  let cancelled: { q850: number | undefined } | undefined;
  let onCancel: ((reason: { q850: number | undefined }) => void) | undefined;
  let onEarlyOffer: OfferHandler | undefined;
  let stamped: Record<string, string> = {};
  // RFC 3262 4: who requires 100rel gets no unreliable provisional response.
  const reliable: Record<string, string> = /\b100rel\b/i.test(request.get('Require') ?? '')
    ? { Require: '100rel' }
    : {};

  request.on('cancel', (cancel) => {
    cancelled = { q850: q850Of(cancel?.get('Reason')) };
    onCancel?.(cancelled);
  });
  request.on('update', (update, answer) => {
    const refuse = (): void => answer.send(500, { headers: { 'Retry-After': '2' } });
    if (update.body === '') return answer.send(200);
    if (!onEarlyOffer) return refuse();
    onEarlyOffer(update.body).then((sdp) => answer.send(200, { headers: SDP, body: sdp }), refuse);
  });

  return {
    sipCallId: request.get('Call-ID') ?? '',
    peer: peerOf(request),
    requestUri: request.uri,
    offer: request.body ? request.body : undefined,
    replaces: parseReplaces(request.get('Replaces')),
    header: (name) => request.get(name),
    get cancelled() {
      return cancelled !== undefined;
    },
    onCancel: (handler) => {
      onCancel = handler;
      if (cancelled) handler(cancelled);
    },
    onEarlyOffer: (handler) => {
      onEarlyOffer = handler;
    },
    stamp: (headers) => {
      stamped = headers;
    },
    ring: (status, sdp) => {
      if (cancelled || response.finalResponseSent) return;
      const headers = { ...HERE, ...reliable, ...stamped, ...(sdp && SDP) };
      response.send(status, sdp ? { headers, body: sdp } : { headers });
    },
    answer: (sdp, lateAnswer) =>
      new Promise((resolve, reject) => {
        const options = { localSdp: sdp, headers: { ...stamped, ...SDP } };
        srf.createUAS(request, response, options, (error, dialog) => {
          if (error || !dialog) return reject(error);
          if (lateAnswer) takeLateAnswer(dialog, lateAnswer);
          resolve(wrapDialog(srf, dialog));
        });
      }),
    refuse: (status, headers = {}) => {
      if (cancelled || response.finalResponseSent) return;
      sendWithLines(response, status, { ...stamped, ...headers });
    },
  };
};
