import type { DialogId } from './types.ts';

/** Characters of a token or a Call-ID (RFC 3261 25.1), as far as they can stand in a Replaces header. */
const CALL_ID = /^[^\s;,]{1,256}$/;
const TAG = /^[^\s;,=]{1,128}$/;

/**
 * Reads a Replaces header (RFC 3891 6.1): `Call-ID;to-tag=…;from-tag=…`.
 *
 * @returns undefined when there is none, or one that names no dialog
 */
export const parseReplaces = (header: string | undefined): DialogId | undefined => {
  const [callId = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  const tag = (name: string): string =>
    parameters.find((parameter) => parameter.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1) ??
    '';
  const [toTag, fromTag] = [tag('to-tag'), tag('from-tag')];
  if (!CALL_ID.test(callId) || !TAG.test(toTag) || !TAG.test(fromTag)) return undefined;
  return { callId, toTag, fromTag };
};
