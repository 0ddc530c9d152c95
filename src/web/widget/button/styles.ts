/**
 * How a button looks. Pages change it from outside:
 *
 * - custom properties on `dt-call-button`: `--dt-call-color` (background), `--dt-call-text` (text and icon; give both or
 *   neither), `--dt-call-font`, `--dt-call-radius`, `--dt-call-shadow`, `--dt-call-edge` (distance from the window's edge in
 *   a corner), `--dt-call-z` (stacking in a corner), `--dt-call-focus` (ring of the focus);
 * - `::part(box)` around it all, `::part(button)`, `::part(icon)`, `::part(text)`, `::part(other)` (the second way to call on
 *   a telephone).
 */
const BUTTON_CSS = `
:host{display:inline-block;max-width:100%}
:host([hidden]){display:none}
.box{display:inline-flex;flex-direction:column;align-items:center;gap:4px;max-width:100%;font:var(--dt-call-font,inherit)}
.box+slot{display:none}
.corner{position:fixed;max-width:calc(100vw - 2*var(--dt-call-edge,20px));z-index:var(--dt-call-z,2147483000);bottom:calc(var(--dt-call-edge,20px) + env(safe-area-inset-bottom,0px))}
.bottom-right{right:calc(var(--dt-call-edge,20px) + env(safe-area-inset-right,0px))}
.bottom-left{left:calc(var(--dt-call-edge,20px) + env(safe-area-inset-left,0px))}
[part=button]{display:inline-flex;align-items:center;justify-content:center;gap:.5em;box-sizing:border-box;min-height:48px;min-width:48px;max-width:100%;margin:0;padding:.5em 1.25em;border:2px solid transparent;border-radius:var(--dt-call-radius,999px);background:var(--dt-call-color,var(--color,#0b6b3a));color:var(--dt-call-text,var(--ink,#fff));font:inherit;font-weight:600;line-height:1.25;text-align:center;text-decoration:none;cursor:pointer;touch-action:manipulation;transition:filter .15s}
.small [part=button]{min-height:44px;min-width:44px;padding:.25em 1em;font-size:.875em}
.large [part=button]{min-height:56px;font-size:1.125em;padding:.625em 1.5em}
.corner [part=button]{box-shadow:var(--dt-call-shadow,0 4px 16px rgba(0,0,0,.3))}
[part=button]:hover{filter:brightness(.94)}
[aria-busy=true]{cursor:progress}
[part=icon]{width:1.25em;height:1.25em;flex:none;fill:currentColor}
[aria-busy=true] [part=icon]{animation:busy 1s ease-in-out infinite}
[part=text]{min-width:0;overflow-wrap:break-word}
[part=other]{display:inline-flex;align-items:center;justify-content:center;min-height:44px;min-width:44px;padding:0 .75em;border:0;border-radius:8px;background:none;color:inherit;font:inherit;font-size:.875em;text-decoration:underline;text-underline-offset:.2em;cursor:pointer;touch-action:manipulation}
.corner [part=other]{background:#fff;color:#16202b;box-shadow:0 2px 8px rgba(0,0,0,.3)}
[part=button]:focus-visible,[part=other]:focus-visible{outline:3px solid var(--dt-call-focus,#1d5fc4);outline-offset:2px;box-shadow:0 0 0 2px #fff,0 0 0 7px #fff}
@keyframes busy{50%{opacity:.35}}
@media (prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
@media (forced-colors:active){[part=button]{border-color:ButtonText}[part=icon]{fill:ButtonText}:focus-visible{outline-color:Highlight}}
@media print{.linked,.corner,[part=other]{display:none}.linked+slot{display:contents}}
`;

let sheet: CSSStyleSheet | undefined;

/**
 * Puts styles into a shadow root: by a constructed sheet, which no content security policy is against, or by an element
 * with the page's nonce.
 */
export const dress = (root: ShadowRoot, nonce: string): void => {
  try {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(BUTTON_CSS);
    }
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement('style');
    style.nonce = nonce;
    style.textContent = BUTTON_CSS;
    root.append(style);
  }
};
