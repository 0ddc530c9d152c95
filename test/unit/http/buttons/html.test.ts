import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html } from '../../../../src/http/buttons/html.ts';

describe('html', () => {
  it('escapes what is put in, and leaves markup', () => {
    const link = html`<a title="${'"><script>'}">${'Tom & Jerry'}</a>`;
    expect(link.html).toBe('<a title="&quot;&gt;&lt;script&gt;">Tom &amp; Jerry</a>');
    expect(html`<p>${link}${undefined}${[link, link]}</p>`.html).toBe(`<p>${link.html.repeat(3)}</p>`);
  });

  it('lets no text become markup', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(html`${text}`.html).not.toMatch(/[<>"']/);
      }),
    );
  });
});
