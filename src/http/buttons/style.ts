/** The hosted page's own sheet. What old browsers don't know they leave out. */
export const PAGE_STYLE = `body { margin: 0; font: 18px/1.5 "Segoe UI", "Helvetica Neue", "PingFang SC", "Microsoft YaHei", Arial, sans-serif; color: #1c2024; background: #f4f5f7; }
main { max-width: 26em; margin: 0 auto; padding: 1.5em 1em 3em; word-wrap: break-word; }
h1 { font-size: 1.6em; line-height: 1.2; }
h2 { font-size: 1.1em; margin: 0 0 .5em; }
a { color: #0b57d0; }
.call { margin: 1.5em 0; }
.number { font-size: 1.9em; font-weight: 600; text-decoration: none; }
.dial, form { background: #fff; border: 1px solid #d7dae0; border-radius: 12px; padding: 1em 1.2em; margin: 1.2em 0; }
.dial img { display: block; width: 200px; max-width: 100%; height: auto; }
.message { background: #e7f4ea; border: 1px solid #2e7d43; border-radius: 12px; padding: .7em 1.2em; }
.closed, .notice { color: #4a5058; }
label { font-weight: 600; }
.consent { font-weight: normal; }
input[type="checkbox"] { width: 1.3em; height: 1.3em; vertical-align: middle; }
input[type="tel"], select { font: inherit; width: 100%; box-sizing: border-box; padding: .5em .6em; min-height: 44px; border: 1px solid #767c85; border-radius: 8px; background: #fff; color: inherit; }
button, .press { font: inherit; font-weight: 600; min-height: 44px; box-sizing: border-box; padding: .5em 1.4em; border: 2px solid transparent; border-radius: 8px; background: #0b57d0; color: #fff; cursor: pointer; }
.press { display: inline-block; text-decoration: none; line-height: 1.6; }
a:focus, input:focus, select:focus, button:focus { outline: 3px solid #0b57d0; outline-offset: 2px; }
.framed { background: transparent; text-align: center; }
.framed main { max-width: none; padding: 0 1em; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e8eb; background: #16181b; }
  a { color: #8ab4f8; }
  .dial, form { background: #212428; border-color: #3c4147; }
  .dial img { background: #fff; }
  input[type="tel"], select { background: #16181b; border-color: #8a9099; }
  .message { background: #16341f; }
  .closed, .notice { color: #b5bac1; }
  button, .press { background: #8ab4f8; color: #10131a; }
  a:focus, input:focus, select:focus, button:focus { outline-color: #8ab4f8; }
  .framed { background: transparent; }
}
`;
