/**
 * How the panel looks. Pages change it from outside by custom properties on `:root`: `--dt-call-panel-font`,
 * `--dt-call-panel-radius`, `--dt-call-z`.
 */
export const PANEL_CSS = `
:host{all:initial!important}
*{box-sizing:border-box}
.panel{color-scheme:light;--accent:#0b6b3a;--ink-on-accent:#fff;--edge:#6d7985;--quiet:#51606f;font:400 16px/1.5 var(--dt-call-panel-font,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",Arial,sans-serif);color:#16202b;text-align:start}
.sheet,.card{background:#fff;color:#16202b;border:1px solid #dce2e8;border-radius:var(--dt-call-panel-radius,16px);box-shadow:0 8px 40px rgba(22,32,43,.3)}
.sheet{position:fixed;inset:0;margin:auto;padding:20px;width:min(440px,calc(100vw - 24px));height:fit-content;max-height:calc(100vh - 24px);overflow:auto;overscroll-behavior:contain}
.sheet::backdrop{background:rgba(22,32,43,.55)}
.card,.small{position:fixed;z-index:var(--dt-call-z,2147483600);inset-inline-end:calc(16px + env(safe-area-inset-right,0px));bottom:calc(16px + env(safe-area-inset-bottom,0px))}
.card{width:min(360px,calc(100vw - 24px));max-height:calc(100vh - 32px);overflow:auto;padding:16px}
.close{float:inline-end;margin:-8px;margin-inline-start:8px}
h2{margin:0 0 8px;font-size:20px;line-height:1.3;font-weight:650;overflow-wrap:anywhere}
h3{margin:16px 0 4px;font-size:16px;font-weight:650}
p{margin:8px 0}
h2:focus{outline:none}
.quiet{color:var(--quiet);font-size:14px}
.notice{padding:8px 12px;border-inline-start:4px solid var(--edge);background:#f3f5f8}
.alert{color:#a3211d;font-weight:600}
.alert:empty,.quiet:empty{display:none}
.unseen{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.row{display:flex;flex-wrap:wrap;gap:8px;margin-top:16px}
button,input,select{font:inherit;color:inherit}
button{cursor:pointer;touch-action:manipulation}
.button{display:inline-flex;align-items:center;justify-content:center;gap:8px;min-height:48px;min-width:48px;padding:8px 18px;border:1px solid var(--edge);border-radius:999px;background:#fff;font-weight:600;text-align:center}
.button:hover{background:#f3f5f8}
.button[aria-disabled=true]{opacity:.6;cursor:default}
.button.main{background:var(--accent);color:var(--ink-on-accent);border-color:rgba(0,0,0,.35)}
.button.main:hover{filter:brightness(.94)}
.button.link{min-height:44px;padding:8px 4px;border-color:transparent;background:none;color:#174a9c;text-decoration:underline;text-underline-offset:.2em}
.icon-button{display:inline-grid;place-items:center;width:44px;height:44px;padding:0;border:0;border-radius:50%;background:none}
.icon-button:hover{background:#eef1f4}
.icon{width:22px;height:22px;flex:none;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.icon-hangUp{transform:rotate(135deg)}
.icon-keypad{stroke-width:3}
fieldset{margin:12px 0;padding:0;border:0;min-width:0}
legend{padding:0;font-weight:600}
.choice{display:flex;align-items:center;gap:12px;min-height:48px;padding:6px 4px;cursor:pointer}
.choice input{flex:none;width:22px;height:22px;margin:0;accent-color:#0b6b3a}
.field{margin:12px 0}
.field label{display:block;font-weight:600}
.field input,.field select{display:block;width:100%;min-height:48px;margin-top:4px;padding:8px 12px;border:1px solid var(--edge);border-radius:8px;background:#fff}
.field .quiet,.field .alert{margin:4px 0 0}
[aria-invalid=true]{border-color:#a3211d!important;border-width:2px!important}
.number-block{display:flex;flex-direction:column;align-items:center;gap:12px;margin:16px 0;padding:12px;border-radius:12px;background:#f3f5f8}
.number{display:inline-flex;align-items:center;min-height:48px;color:#174a9c;font-size:26px;font-weight:700;text-align:center;overflow-wrap:anywhere}
figure{margin:0;text-align:center}
figure img{display:block;margin:0 auto 4px;padding:8px;background:#fff;border-radius:8px}
figcaption{color:var(--quiet);font-size:14px}
.phase{display:flex;justify-content:space-between;gap:12px;font-weight:600}
.timer{font-variant-numeric:tabular-nums}
.rounds{display:flex;justify-content:space-around;gap:4px;margin-top:16px}
.round{display:inline-flex;flex-direction:column;align-items:center;gap:4px;min-width:64px;min-height:64px;padding:4px;border:0;border-radius:12px;background:none;font-size:13px}
.round .icon{width:48px;height:48px;padding:12px;border:1px solid var(--edge);border-radius:50%;background:#fff}
.round:hover .icon{background:#eef1f4}
.round[aria-pressed=true] .icon,.round[aria-expanded=true] .icon{background:#16202b;color:#fff}
.round .icon-hangUp{border-color:transparent;background:#b92a25;color:#fff}
.round:hover .icon-hangUp{background:#9c211d}
.pad{display:grid;grid-template-columns:repeat(3,1fr);gap:8px;margin:8px 0}
.key{min-height:48px;border:1px solid var(--edge);border-radius:12px;background:#fff;font-size:20px}
.key:hover{background:#eef1f4}
.keys{display:block;min-height:1.5em;text-align:center;font-size:20px;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.meter{display:flex;gap:3px;height:12px}
.meter span{flex:1;border-radius:3px;background:#dce2e8}
.meter .lit{background:#13753f}
.stars{display:flex;gap:4px}
.star{display:inline-grid;place-items:center;width:48px;height:48px;padding:0;border:0;border-radius:50%;background:none;color:#51606f}
.star:hover{background:#eef1f4}
.star .icon{width:28px;height:28px}
.star.lit .icon{fill:#b06a00;stroke:#7a4a00}
.bubble{display:inline-flex;align-items:center;gap:8px;min-width:56px;min-height:56px;padding:8px 16px;border:2px solid #fff;border-radius:999px;background:var(--accent);color:var(--ink-on-accent);font-weight:600;box-shadow:0 4px 16px rgba(0,0,0,.35)}
:focus-visible{outline:3px solid #1d5fc4;outline-offset:2px}
.button.main:focus-visible,.bubble:focus-visible,.round:focus-visible .icon{box-shadow:0 0 0 2px #fff}
[aria-busy=true]{opacity:.7}
@media (max-width:480px){.card{inset-inline:0;bottom:0;width:100%;border-radius:16px 16px 0 0;padding-bottom:calc(16px + env(safe-area-inset-bottom,0px))}}
@media (max-height:420px){.sheet,.card{inset:0;width:100%;max-width:none;height:100%;max-height:none;border-radius:0}}
@media (forced-colors:active){.icon{stroke:ButtonText}.button,.round .icon,.bubble,.key,.star{border:1px solid ButtonText}.meter span{border:1px solid CanvasText}.meter .lit,.star.lit{background:Highlight}.round[aria-pressed=true] .icon,.round[aria-expanded=true] .icon{background:Highlight;stroke:HighlightText;forced-color-adjust:none}:focus-visible{outline-color:Highlight}}
@media (prefers-reduced-motion:no-preference){.sheet,.card{animation:rise .18s ease-out}@keyframes rise{from{transform:translateY(12px);opacity:0}}}
`;
