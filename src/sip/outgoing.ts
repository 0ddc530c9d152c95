import { errorMessage } from '../base/errors.ts';
import { wrapDialog } from './dialog.ts';
import { q850Header, q850Of } from './reason.ts';
import type { SrfApplication, SrfRefusal, SrfRequest, SrfResponse } from './srf.ts';
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

  const run = async (): Promise<DialResult> => {
    try {
      const dialog = await srf.createUAC(
        options.uri,
        {
          headers: options.headers,
          localSdp: options.sdp,
          ...(options.proxy && { proxy: options.proxy }),
          ...(options.auth && { auth: { ...options.auth } }),
        },
        {
          cbRequest: (error, sent) => {
            if (error) return;
            request = sent;
            sendCancel();
          },
          cbProvisional: (response) => {
            if (!cancelReason) options.onProgress(response.status, response.body || undefined);
          },
        },
      );
      settled = true;
      const wrapped = wrapDialog(srf, dialog, options.auth && { ...options.auth });
      if (cancelReason) {
        await wrapped.bye();
        return refused(487, 'Request Terminated');
      }
      return {
        type: 'answered',
        dialog: wrapped,
        sdp: dialog.remote.sdp,
        peer: peerOf(dialog.res),
        header: (name) => dialog.res.get(name),
      };
    } catch (error) {
      settled = true;
      return refusedBy(error);
    }
  };

  const withLastResort = (): Promise<DialResult> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(refused(408, 'No final response')), LAST_RESORT_MS);
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
