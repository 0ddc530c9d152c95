import { parseReplaces } from './replaces.ts';
import { sendRequest } from './request.ts';
import type { SrfApplication, SrfDialog, SrfRequest, SrfResponse } from './srf.ts';
import type { Refer } from './types.ts';

const NOTIFY_PATIENCE_MS = 5000;

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
};

/** The URI of a Refer-To header and the Replaces among its headers (RFC 3515 2.1, RFC 5589 7.2). */
export const parseReferTo = (value: string): Pick<Refer, 'target' | 'replaces'> | undefined => {
  if (value.length > 2048) return undefined;
  const uri = (/<([^>]*)>/.exec(value)?.[1] ?? value).trim();
  const [target = '', headers = ''] = uri.split('?');
  if (!/^(?:sips?|tel):[^\s]+$/i.test(target)) return undefined;
  const replaces = headers.split('&').find((header) => /^replaces=/i.test(header));
  if (replaces === undefined) return { target, replaces: undefined };
  const id = parseReplaces(decode(replaces.slice('replaces='.length)));
  return id && { target, replaces: id };
};

/** Gives a REFER the face that calls work with; undefined when its Refer-To can't be understood. */
export const readRefer = (
  srf: SrfApplication,
  dialog: SrfDialog,
  request: SrfRequest,
  response: SrfResponse,
): Refer | undefined => {
  const referTo = parseReferTo(request.get('Refer-To') ?? '');
  if (!referTo) return undefined;
  const notify: Refer['notify'] = async (status, reason) => {
    const state = status < 200 ? 'active;expires=60' : 'terminated;reason=noresource';
    const headers = {
      Event: 'refer',
      'Subscription-State': state,
      'Content-Type': 'message/sipfrag;version=2.0',
      ...(dialog.local.contact !== undefined && { Contact: dialog.local.contact }),
    };
    const body = `SIP/2.0 ${status} ${reason}\r\n`;
    const { uri } = dialog.remote;
    const timeoutMs = NOTIFY_PATIENCE_MS;
    await sendRequest(srf, {
      method: 'NOTIFY',
      uri,
      headers,
      body,
      stackDialogId: dialog.id,
      timeoutMs,
    }).catch(() => undefined);
  };
  return {
    ...referTo,
    accept: () => response.send(202),
    refuse: (status) => response.send(status),
    notify,
  };
};
