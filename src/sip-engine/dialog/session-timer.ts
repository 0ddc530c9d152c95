import { headerNumber } from '../message/index.ts';
import type { SipResponse } from '../message/types.ts';
import { endDialog, stopSessionTimer } from './dialogs.ts';
import { departNext } from './send.ts';
import { grantedInterval, offerText, refreshText, type SessionInterval } from './session-headers.ts';
import type { Core, Dialog, Outgoing, Own } from './types.ts';
import { hangUp, sendAck, sendOwn } from './within.ts';

const EXPIRED = 'Session timer expired';

type Running = { readonly core: Core; readonly dialog: Dialog };

/**
 * Starts or restarts the session timer of a dialog (RFC 4028 10): we refresh at half the interval, or end the session
 * a third of it, at most 32 s, before it runs out without the peer's refresh.
 */
export const armSessionTimer = (core: Core, dialog: Dialog, interval: SessionInterval | undefined): void => {
  stopSessionTimer(core, dialog);
  if (interval === undefined || dialog.state === 'ended' || dialog.kind !== 'invite') return;
  const { seconds, refresher } = interval;
  const margin = Math.min(32, seconds / 3);
  const delay = refresher === 'local' ? seconds / 2 : seconds - margin;
  const timer = core.timers.set(delay * 1000, refresher === 'local' ? refresh : expire, { core, dialog });
  dialog.sessionTimer = { interval: seconds, refresher, timer, postponed: 0 };
};

/** The timer that a 2xx to our INVITE or UPDATE asks for. */
export const armFromResponse = (
  core: Core,
  dialog: Dialog,
  _outgoing: Outgoing,
  response: SipResponse,
): void => armSessionTimer(core, dialog, grantedInterval(core, response));

const expire = ({ core, dialog }: Running): void => hangUp(core, dialog, EXPIRED);

/** How often a refresh may be put off before the session is given up. */
const MOST_POSTPONED = 8;

const later = (core: Core, dialog: Dialog, ms: number): void => {
  const timer = dialog.sessionTimer;
  if (timer === undefined) return;
  timer.postponed += 1;
  if (timer.postponed > MOST_POSTPONED) hangUp(core, dialog, EXPIRED);
  else timer.timer = core.timers.set(ms, refresh, { core, dialog });
};

/** RFC 3261 14.1: the one who made the Call-ID waits 2.1 to 4 s after a 491, the other up to 2 s. */
const glareDelay = (dialog: Dialog): number =>
  dialog.role === 'uac' ? 2100 + Math.random() * 1900 : Math.random() * 2000;

/** Our refresh: a re-INVITE with the SDP we sent last, or an UPDATE where there is none (RFC 4028 7.4). */
const refresh = ({ core, dialog }: Running): void => {
  const timer = dialog.sessionTimer;
  if (timer === undefined || dialog.state === 'ended') return;
  // One INVITE at a time (RFC 3261 14.1).
  if (dialog.peerInvite !== undefined || dialog.invite?.finished === false) {
    later(core, dialog, glareDelay(dialog));
    return;
  }
  const type = dialog.localSdp === '' ? '' : 'Content-Type: application/sdp\r\n';
  const lines = `Contact: ${dialog.contact}\r\nSupported: timer\r\n${refreshText(core, timer)}${type}`;
  const method = dialog.localSdp === '' ? 'UPDATE' : 'INVITE';
  if (!sendOwn(core, dialog, { method, lines, body: dialog.localSdp }, refreshed))
    hangUp(core, dialog, EXPIRED);
};

const refreshed: Own = (core, outgoing, response) => {
  const { dialog } = outgoing;
  if (dialog === undefined || dialog.state === 'ended') return;
  const { status } = response;
  if (status < 300) {
    if (outgoing.request.method === 'INVITE') sendAck(core, dialog, outgoing, '', '');
    // A peer that grants no timer any more has switched it off.
    return;
  }
  if (status === 491) return later(core, dialog, glareDelay(dialog));
  const wait = headerNumber(response, 'retry-after');
  if (status === 500 && wait !== undefined && wait <= 10) return later(core, dialog, wait * 1000);
  hangUp(core, dialog, EXPIRED);
};

/**
 * 422 to an interval that the engine offered by itself: once more with the peer's Min-SE (RFC 4028 7.3). False when the
 * application is to see the 422.
 */
export const retryTooSmall = (core: Core, outgoing: Outgoing, response: SipResponse): boolean => {
  const offered = offerText(core);
  const minimum = headerNumber(response, 'min-se');
  const { request, dialog, sent } = outgoing;
  if (minimum === undefined || outgoing.cancel !== 'none' || !request.lines.includes(offered)) return false;
  for (const fork of outgoing.forks) endDialog(core, fork);
  outgoing.forks = [];
  const lines = request.lines.replace(offered, `Session-Expires: ${minimum}\r\nMin-SE: ${minimum}\r\n`);
  outgoing.request = {
    ...request,
    lines,
    cseq: dialog === undefined ? request.cseq + 1 : ++dialog.localCseq,
  };
  outgoing.places = [{ endpoint: sent.target.remote, anySize: true }];
  outgoing.provisional = false;
  core.timers.clear(outgoing.expiry);
  outgoing.expiry = undefined;
  return departNext(core, outgoing);
};
