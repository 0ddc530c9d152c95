import { randomInt } from 'node:crypto';
import { sendRequest } from './request.ts';
import type { SrfApplication, SrfDialog } from './srf.ts';

const PATIENCE_MS = 10_000;
const TRIES = 4;

/** How long to wait after 491: whose Call-ID it is waits longer, so that the two do not meet again (RFC 3261 14.1). */
const pauseMs = (own: boolean): number => (own ? randomInt(2100, 4000) : randomInt(0, 2000));

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });

/**
 * Sends an offer within a dialog. drachtio-srf's own `modify` is not used: after one that failed every later one hangs.
 *
 * @returns the peer's answer
 * @throws Error when the peer refuses, answers without SDP, or says nothing
 */
export const sendOffer = async (
  srf: SrfApplication,
  dialog: SrfDialog,
  sdp: string,
  auth: { readonly username: string; readonly password: string } | undefined,
): Promise<string> => {
  const { contact } = dialog.local;
  const headers = { 'Content-Type': 'application/sdp', ...(contact !== undefined && { Contact: contact }) };
  // The request that began the dialog was ours when its From tag is.
  const own = dialog.req.get('From')?.includes(dialog.sip.localTag) ?? false;
  for (let tries = 1; ; tries += 1) {
    const response = await sendRequest(srf, {
      method: 'INVITE',
      uri: dialog.remote.uri,
      stackDialogId: dialog.id,
      headers,
      body: sdp,
      auth,
      timeoutMs: PATIENCE_MS,
    });
    if (response === undefined) throw new Error('the peer did not answer an offer');
    if (response.status < 300 && response.body !== '') return response.body;
    if (response.status !== 491 || tries === TRIES || !dialog.connected)
      throw new Error(`the peer answered an offer with ${response.status} ${response.reason}`.trim());
    await sleep(pauseMs(own));
  }
};
