import { ask } from './ask.ts';
import type { ButtonEvent, Viewer } from './contract.ts';

/** Events wait so long for others. */
const GATHER_MS = 1000;
const MOST = 20;

export type Reporter = {
  report(event: ButtonEvent): void;
  /** Sends what is waiting; outlives the page. */
  flush(): void;
};

/** The page's address without parameters, which may say more of its visitor than is needed. */
export const pageAddress = (): string => location.href.replace(/[?#].*/, '');

export const createReporter = (url: string, site: string, who: () => Viewer): Reporter => {
  const queue: ButtonEvent[] = [];
  let timer = 0;
  let page = '';
  const flush = (): void => {
    clearTimeout(timer);
    timer = 0;
    const events = queue.splice(0, MOST);
    if (!events[0]) return;
    ask(url, { site, ...who(), page, automated: !!navigator.webdriver, events }, true);
    if (queue[0]) flush();
  };
  const report = (event: ButtonEvent): void => {
    // Events of one page go together.
    if (page !== pageAddress()) flush();
    page = pageAddress();
    queue.push(event);
    timer = timer || window.setTimeout(flush, GATHER_MS);
  };
  addEventListener('pagehide', flush);
  document.addEventListener('visibilitychange', flush);
  return { report, flush };
};
