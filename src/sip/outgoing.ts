import { errorMessage } from '../base/errors.ts';
import { wrapDialog } from './dialog.ts';
import { q850Header, q850Of } from './reason.ts';
import type { SrfApplication, SrfDialog, SrfRefusal, SrfRequest, SrfResponse } from './srf.ts';
import type { DialOptions, DialResult, OutgoingInvite, SipPeer } from './types.ts';

/** Longer than the engine's own limits (RFC 3261 timers B and C), which always deliver a final response first. */
const LAST_RESORT_MS = 240_000;

const isRefusal = (error: unknown): error is SrfRefusal =>
  error instanceof Error && 'status' in error && typeof error.status === 'number';

const peerOf = (response: SrfResponse | undefined): SipPeer | undefined => {
  if (!response?.source_address) return undefined;
  const protocol = response.get('Via')?.split('/')[2]?.split(' ')[0]?.toLowerCase() ?? 'udp';
  return { protocol, address: response.source_address, port: Number(response.source_port ?? 0) };
};

const refused = (status: number, reason: string, response?: SrfResponse): DialResult => ({
  type: 'refused',
  status,
  reason,
  q850: q850Of(response?.get('Reason')),
  peer: peerOf(response),
  header: (name) => response?.get(name),
});

const refusedBy = (error: unknown): DialResult =>
  isRefusal(error)
    ? refused(error.status, error.reason ?? error.res?.reason ?? '', error.res)
    : refused(503, errorMessage(error));

/** Sends an INVITE and follows it to its final response. */
export const dial = (srf: SrfApplication, options: DialOptions): OutgoingInvite => {
  let request: SrfRequest | undefined;
  let cancelReason: { headers: Record<string, string> } | undefined;
  let settled = false;

  const sendCancel = (): void => {
    if (!request || !cancelReason || settled) return;
    try {
      request.cancel(cancelReason, () => undefined);
    } catch {
      // The final response crossed it, or the SIP server is gone: the result tells.
    }
  };

  const answered = (dialog: SrfDialog): DialResult => {
    const wrapped = wrapDialog(srf, dialog, options.auth && { ...options.auth });
    if (cancelReason) {
      void wrapped.bye();
      return refused(487, 'Request Terminated');
    }
    const { res } = dialog;
    return {
      type: 'answered',
      dialog: wrapped,
      sdp: dialog.remote.sdp,
      peer: peerOf(res),
      header: (name) => res.get(name),
    };
  };

  const run = (): Promise<DialResult> =>
    new Promise((resolve) => {
      const settle = (result: DialResult): void => {
        settled = true;
        resolve(result);
      };
      const uac = {
        headers: options.headers,
        localSdp: options.sdp,
        ...(options.proxy && { proxy: options.proxy }),
        ...(options.auth && { auth: { ...options.auth } }),
      };
      const progress = {
        cbRequest: (error: unknown, sent: SrfRequest): void => {
          if (error) return;
          request = sent;
          sendCancel();
        },
        cbProvisional: (response: SrfResponse): void => {
          if (!cancelReason) options.onProgress(response.status, response.body || undefined);
        },
      };
      try {
        srf.createUAC(options.uri, uac, progress, (error, dialog) => {
          settle(error || !dialog ? refusedBy(error) : answered(dialog));
        });
      } catch (error) {
        // Without a connection to the SIP server drachtio-srf throws.
        settle(refusedBy(error));
      }
    });

  const withLastResort = (): Promise<DialResult> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(refused(408, 'No final response')), LAST_RESORT_MS);
      // An INVITE that nobody answered is no reason for a stopped gateway to stay.
      timer.unref();
      void run().then((result) => {
        clearTimeout(timer);
        resolve(result);
      });
    });

  return {
    result: withLastResort(),
    sipCallId: () => request?.get('Call-ID'),
    cancel: (reason) => {
      if (cancelReason || settled) return;
      cancelReason = { headers: reason ? { Reason: q850Header(reason) } : {} };
      sendCancel();
    },
  };
};
