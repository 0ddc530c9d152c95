import type { Api } from './contract.ts';

/** A box in the corner that tells what the script knows and does. In a shadow root, so that no style of the page reaches it. */
const show = (dt: Api): void => {
  const host = document.createElement('div');
  host.setAttribute('data-dt-noswap', '');
  // By properties: a content security policy may refuse style attributes in markup.
  Object.assign(host.style, {
    position: 'fixed',
    right: '8px',
    bottom: '8px',
    zIndex: '2147483647',
    maxWidth: 'min(480px, 90vw)',
    maxHeight: '60vh',
    overflow: 'auto',
    padding: '10px 12px',
    font: '12px/1.5 ui-monospace, monospace',
    color: '#e8eef4',
    background: '#16202b',
    borderRadius: '6px',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  });
  const text = document.createTextNode('');
  host.attachShadow({ mode: 'closed' }).append(text);
  document.documentElement.append(host);

  const write = (): void => {
    const { site, origin, consent, visit, mode, numbers, targets, found, ms, log } = dt.debug();
    const rows = targets.map((target) => {
      const shown = numbers[target];
      return `${target} → ${shown ? `${shown.e164} (${shown.display})` : 'its own'}`;
    });
    text.data = [
      `Dialtrace  site ${site}  ${origin}`,
      `consent ${consent}  mode ${mode ?? '?'}  visit ${visit ?? 'none'}`,
      ...rows,
      `${found} places, ${ms.toFixed(1)} ms`,
      ...log.slice(-12),
    ].join('\n');
  };
  write();
  setInterval(write, 1000);
};

const { dialtrace } = window as { dialtrace?: Api };
if (dialtrace) dialtrace.ready.then(() => show(dialtrace));
