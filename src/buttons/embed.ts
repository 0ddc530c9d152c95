import { escapeMarkup } from '../base/markup.ts';
import type { ButtonPlan } from '../config/index.ts';

/** Addresses of a button. */
export type ButtonLinks = {
  /** Page of the button alone, for links and QR codes. */
  readonly page: string;
  readonly frame: string;
  /** QR code of the number, SVG. */
  readonly qr: string;
};

/** Markup that brings a button into a page. */
export type ButtonSnippets = {
  /** Once in a page. */
  readonly script: string;
  /** Where the button is to stand. */
  readonly element: string;
  /** The same for an element of the page's own. */
  readonly attribute: string;
  /** Instead, where scripts of others are not wanted. */
  readonly frame: string;
};

/** @param base where browsers reach the gateway, without a slash at its end */
export const buttonLinks = ({ id, site }: Pick<ButtonPlan, 'id' | 'site'>, base: string): ButtonLinks => ({
  page: `${base}/c/${id}`,
  frame: `${base}/c/${id}/frame`,
  qr: `${base}/v1/button/qr.svg?${new URLSearchParams({ site, button: id }).toString()}`,
});

/** @param base where browsers reach the gateway, without a slash at its end */
export const buttonSnippets = (
  { id, site, number, name }: Pick<ButtonPlan, 'id' | 'site' | 'number' | 'name'>,
  base: string,
): ButtonSnippets => {
  const [button, host, tel] = [escapeMarkup(id), escapeMarkup(base), escapeMarkup(number)];
  return {
    script: `<script async src="${host}/dt-call.js" data-site="${escapeMarkup(site)}"></script>`,
    element: `<dt-call-button button="${button}"><a href="tel:${tel}">${tel}</a></dt-call-button>`,
    attribute: `<a href="tel:${tel}" data-dt-call="${button}">${tel}</a>`,
    frame: `<iframe src="${host}/c/${button}/frame" allow="microphone; autoplay" width="320" height="420" title="${escapeMarkup(name ?? id)}"></iframe>`,
  };
};
