import { sendOffer } from './re-invite.ts';
import { q850Header, q850Of, reasonText } from './reason.ts';
import { readRefer } from './refer.ts';
import { sendRequest } from './request.ts';
import type { SrfApplication, SrfDialog, SrfMessage, SrfRequest, SrfResponse } from './srf.ts';
import type { HangUp, Refer, SipDialog } from './types.ts';

const BYE_PATIENCE_MS = 5000;
const READY_PATIENCE_MS = 4000;
const SDP = { 'Content-Type': 'application/sdp' };

type MediaHandlers = Parameters<SipDialog['onMedia']>[0];
type Auth = { username: string; password: string } | undefined;

const statusOf = (error: unknown): number =>
  error instanceof Error && 'sipStatus' in error && typeof error.sipStatus === 'number'
    ? error.sipStatus
    : 500;

/** SIP.js says 2 s of every key; a digit that long would keep the voice away from the other side. */
const DIGIT_MS = { shortest: 40, usual: 160, longest: 250 };

/** RFC 2833-era INFO bodies: `Signal=5` and `Duration=160`, or the bare digit. */
const digitOf = (body: string): { digit: string; durationMs: number } | undefined => {
  const digit = /^\s*(?:Signal\s*=\s*)?([0-9*#A-D])\s*$/im.exec(body)?.[1];
  if (!digit) return undefined;
  const duration = Number(/Duration\s*=\s*(\d{1,5})/i.exec(body)?.[1] ?? DIGIT_MS.usual);
  return { digit, durationMs: Math.min(Math.max(duration, DIGIT_MS.shortest), DIGIT_MS.longest) };
};

const within = async <T>(promise: Promise<T>, milliseconds: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('not ready')), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/**
 * Gives a drachtio-srf dialog the face that calls work with, and keeps its pitfalls here: refreshes reach us as offers
 * like any other, in-dialog digests are computed over the real request URI, and every wait ends.
 */
export const wrapDialog = (srf: SrfApplication, dialog: SrfDialog, auth?: Auth): SipDialog => {
  let hangUp: HangUp | undefined;
  let onHangUp: ((hangUp: HangUp) => void) | undefined;
  let setMedia: (handlers: MediaHandlers) => void = () => undefined;
  let latest: MediaHandlers | undefined;
  const media = new Promise<MediaHandlers>((resolve) => {
    setMedia = resolve;
  });
  let onDigit: ((digit: string, durationMs: number) => void) | undefined;
  let onRefer: ((refer: Refer) => void) | undefined;
  let lateAnswer: ((sdp: string) => Promise<void>) | undefined;

  const ended = (how: HangUp): void => {
    if (hangUp) return;
    hangUp = how;
    onHangUp?.(how);
  };

  const answerOffer = async (request: SrfRequest, response: SrfResponse): Promise<void> => {
    const contact = dialog.local.contact;
    const headers = contact ? { Contact: contact, ...SDP } : SDP;
    try {
      // A re-INVITE can come in the same breath as the answer, before the call has taken the dialog over.
      const first = await within(media, READY_PATIENCE_MS);
      const handlers = latest ?? first;
      if (request.body === '') {
        lateAnswer = handlers.receiveAnswer;
        return response.send(200, { headers, body: handlers.makeOffer() });
      }
      const answer = await handlers.receiveOffer(request.body);
      dialog.local.sdp = answer;
      response.send(200, { headers, body: answer });
    } catch (error) {
      response.send(statusOf(error));
    }
  };

  dialog.on('destroy', (request: SrfMessage, text) => {
    const reason = request.get('Reason');
    const engine = text !== undefined && text !== 'normal release';
    ended({ by: engine ? 'engine' : 'peer', text: engine ? text : reasonText(reason), q850: q850Of(reason) });
  });
  dialog.on('modify', (request, response) => void answerOffer(request, response));
  dialog.on('update', (request, response) => {
    if (request.body === '') return response.send(200);
    void answerOffer(request, response);
  });
  dialog.on('ack', (request) => {
    const take = lateAnswer;
    lateAnswer = undefined;
    // A bad late answer leaves the media as it was: there is no response left to refuse it with.
    if (take && request.body) take(request.body).catch(() => undefined);
  });
  dialog.on('info', (request, response) => {
    const pressed = digitOf(request.body);
    response.send(200);
    if (pressed) onDigit?.(pressed.digit, pressed.durationMs);
  });
  dialog.on('refer', (request, response) => {
    const refer = readRefer(srf, dialog, request, response);
    if (!onRefer || !refer)
      return response.send(refer ? 403 : 400, refer ? 'Transfer Not Allowed' : 'Bad Refer-To', {});
    onRefer(refer);
  });
  dialog.on('message', (_request, response) => response.send(405));

  const sendBye = (headers: Record<string, string>): Promise<unknown> =>
    sendRequest(srf, {
      method: 'BYE',
      uri: dialog.remote.uri,
      stackDialogId: dialog.id,
      headers,
      auth,
      timeoutMs: BYE_PATIENCE_MS,
    });

  return {
    sipCallId: dialog.sip.callId,
    // What is local here is remote to the peer.
    isNamed: ({ callId, toTag, fromTag }) => {
      const { sip } = dialog;
      return sip.callId === callId && sip.localTag === toTag && sip.remoteTag === fromTag;
    },
    onHangUp: (handler) => {
      onHangUp = handler;
      if (hangUp) handler(hangUp);
    },
    onMedia: (handlers) => {
      latest = handlers;
      setMedia(handlers);
    },
    onDigit: (handler) => {
      onDigit = handler;
    },
    onRefer: (handler) => {
      onRefer = handler;
    },
    offer: async (sdp) => {
      const answer = await sendOffer(srf, dialog, sdp, auth);
      dialog.local.sdp = sdp;
      return answer;
    },
    bye: async (cause) => {
      if (hangUp) return;
      hangUp = { by: 'engine', text: 'hung up by the gateway', q850: cause?.q850 };
      try {
        await sendBye(cause ? { Reason: q850Header(cause) } : {});
      } catch {
        // The dialog is gone already, or the connection to the SIP server is, and the dialog with it.
      }
      srf.removeDialog(dialog);
    },
  };
};
