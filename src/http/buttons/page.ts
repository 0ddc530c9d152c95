import type { ButtonView, Language } from '../../buttons/index.ts';
import { type Html, html } from './html.ts';
import { PAGE_WORDS, type PageWords } from './words.ts';

export type HostedPage = {
  readonly siteId: string;
  /** Of the button, or what stands on it. */
  readonly title: string;
  readonly view: ButtonView;
  readonly language: Language;
  /** In another page's frame: the button alone. */
  readonly framed: boolean;
  /** Id for a press of the form. */
  readonly press: string;
  /** What a form was answered. */
  readonly message?: string | undefined;
  /** The number of a form that was refused, to be mended; undefined: of none. */
  readonly number?: string | undefined;
  /** The visitor has asked for a call back: once is enough. */
  readonly isAsked?: boolean;
};

/** `/v1/button/qr.svg` of the number that is shown. */
const qrAddress = ({ siteId, view }: HostedPage): string => {
  const query = new URLSearchParams({ site: siteId, button: view.id, number: view.number.e164 });
  return `/v1/button/qr.svg?${query}`;
};

const numberLink = ({ view: { number } }: HostedPage): Html =>
  html`<a class="number" href="tel:${number.tel}">${number.display}</a>`;

/** What stands inside is there without script, and dials. */
const button = ({ view, language }: HostedPage): Html =>
  html`<dt-call-button button="${view.id}" lang="${language}"><a class="press" href="tel:${view.number.tel}">${view.text}</a></dt-call-button>`;

const intents = ({ view, language }: HostedPage): Html | undefined => {
  if (view.intents.length === 0) return undefined;
  const options = view.intents.map(({ id, text }) => html`<option value="${id}">${text}</option>`);
  return html`<p><label for="intent">${PAGE_WORDS[language].about}</label><br>
<select id="intent" name="intent"><option value=""></option>${options}</select></p>
`;
};

/** For browsers without script too; a number that has to be proven needs one. */
const form = (page: HostedPage, words: PageWords): Html | undefined => {
  const { view, press, language, number = '', isAsked } = page;
  if (!view.callback.enabled || view.confirm === 'sms' || isAsked) return undefined;
  return html`<form method="post" action="/c/${view.id}/callback?lang=${language}">
<h2>${words.callBack}</h2>
<input type="hidden" name="press" value="${press}">
<p><label for="number">${words.number}</label><br>
<input id="number" name="number" type="tel" autocomplete="tel" required maxlength="40" value="${number}"></p>
${intents(page)}<p><label class="consent"><input name="consent" type="checkbox" value="yes" required> ${view.callback.consent}</label></p>
<p><button type="submit">${words.ask}</button></p>
</form>
`;
};

const whole = (page: HostedPage): Html => {
  const words = PAGE_WORDS[page.language];
  const notice = page.view.notice;
  return html`<main>
<h1>${page.title}</h1>
${page.message === undefined ? undefined : html`<p class="message" role="status">${page.message}</p>\n`}${
  page.view.open ? undefined : html`<p class="closed">${words.closed}</p>\n`
}<p class="call">${button(page)}</p>
${notice === undefined ? undefined : html`<p class="notice">${notice}</p>\n`}<div class="dial">
<h2>${words.dial}</h2>
<p>${numberLink(page)}</p>
<p><img src="${qrAddress(page)}" width="200" height="200" alt="${words.scan}"></p>
</div>
${form(page, words)}</main>`;
};

type Document = Pick<HostedPage, 'title' | 'language'> & {
  readonly scripts?: Html;
  readonly isFramed?: boolean;
  readonly body: Html;
};

const documentOf = ({ title, language, scripts, isFramed = false, body }: Document): string =>
  html`<!DOCTYPE html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="format-detection" content="telephone=no">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/dt-call-page.css">
${scripts}</head>
<body${isFramed ? html` class="framed"` : undefined}>
${body}
</body>
</html>
`.html;

/** The page of a button: works without script, in browsers of any age. */
export const hostedPage = (page: HostedPage): string => {
  const { siteId, title, language, framed } = page;
  const scripts = html`<script async src="/dt.js" data-site="${siteId}"></script>
<script async src="/dt-call.js" data-site="${siteId}" data-lang="${language}"></script>
`;
  const body = framed ? html`<main><p class="call">${button(page)}</p></main>` : whole(page);
  return documentOf({ title, language, scripts, isFramed: framed, body });
};

/**
 * Said in place of a page that can't be shown.
 *
 * @param back address of the button's page, where there is one
 */
export const sorryPage = (language: Language, text: string, back: string | undefined): string => {
  const link =
    back === undefined ? undefined : html`<p><a href="${back}">${PAGE_WORDS[language].back}</a></p>\n`;
  return documentOf({ title: text, language, body: html`<main>\n<h1>${text}</h1>\n${link}</main>` });
};
