import { errorMessage } from '../base/errors.ts';
import { wrapDialog } from './dialog.ts';
import { createAuthorizer } from './digest/index.ts';
import { q850Header, q850Of } from './reason.ts';
import { continued, pinnedHop } from './retry.ts';
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

const toTag = (response: SrfResponse): string | undefined =>
  /;\s*tag=([^\s;]+)/i.exec(response.get('To') ?? '')?.[1];

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
  const authorizer = options.auth && createAuthorizer(options.auth);
  /** Latest answers before the 2xx, by To tag: whoever sent one in a reliable 18x says it no second time (RFC 6337 3.1.1). */
  const early = new Map<string | undefined, string>();

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
      sdp: dialog.remote.sdp || (early.get(toTag(res)) ?? ''),
      peer: peerOf(res),
      header: (name) => res.get(name),
    };
  };

  /** What to send after a challenge: drachtio-srf's own answer knows no algorithm but MD5. */
  const secondTry = (
    error: unknown,
    headers: Record<string, string>,
    proxy: string | undefined,
  ): { headers: Record<string, string>; proxy: string | undefined } | undefined => {
    const response = isRefusal(error) ? error.res : undefined;
    if (!authorizer || !request || !response || cancelReason) return undefined;
    const credentials = authorizer.headersFor(
      { status: response.status, header: (name) => response.get(name) },
      { method: 'INVITE', uri: options.uri, body: options.sdp },
    );
    if (!credentials) return undefined;
    return {
      headers: { ...continued(headers, request, 'INVITE'), ...credentials },
      proxy: pinnedHop(proxy ?? options.uri, response) ?? proxy,
    };
  };

  const run = (): Promise<DialResult> =>
    new Promise((resolve) => {
      const settle = (result: DialResult): void => {
        settled = true;
        resolve(result);
      };
      const progress = {
        cbRequest: (error: unknown, sent: SrfRequest): void => {
          if (error) return;
          request = sent;
          sendCancel();
        },
        cbProvisional: (response: SrfResponse): void => {
          if (cancelReason) return;
          if (response.body) early.set(toTag(response), response.body);
          options.onProgress(response.status, response.body || undefined);
        },
      };
      const attempt = (headers: Record<string, string>, proxy: string | undefined): void => {
        const uac = { headers: { ...headers }, localSdp: options.sdp, ...(proxy && { proxy }) };
        try {
          srf.createUAC(options.uri, uac, progress, (error, dialog) => {
            if (!error && dialog) return settle(answered(dialog));
            const again = secondTry(error, headers, proxy);
            if (again) return attempt(again.headers, again.proxy);
            settle(refusedBy(error));
          });
        } catch (error) {
          // Without a connection to the SIP server drachtio-srf throws.
          settle(refusedBy(error));
        }
      };
      attempt(options.headers, options.proxy);
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
