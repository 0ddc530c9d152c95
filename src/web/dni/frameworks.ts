// Where frameworks put what the server rendered; `data-dt-hydrate` marks what this list doesn't know.
const ROOTS =
  '#__next,#__nuxt,#___gatsby,#root,#app,[data-reactroot],[data-server-rendered],[ng-version],astro-island[ssr],[data-dt-hydrate]';

const bears = (element: object, mark: string): boolean =>
  Object.keys(element).some((key) => key.startsWith(mark));

/** Whether a framework has yet to take over what the server rendered. React marks every element, Vue its container. */
const isWaiting = (root: Element | null | undefined): boolean =>
  !!root &&
  !!root.firstElementChild &&
  !bears(root, '__vue_app__') &&
  !bears(root.firstElementChild, '__reactFiber');

const isHydrating = (): boolean =>
  [...document.querySelectorAll(ROOTS)].some(isWaiting) ||
  // Rendered into the document itself.
  (!!document.querySelector('script[src*="/_next/"]') && isWaiting(document.body));

/** Not every browser knows when it is idle. */
const whenIdle = (work: () => void): unknown =>
  ((window as Partial<Window>).requestIdleCallback || setTimeout)(work, { timeout: 500 } as number & object);

const AFTER_LOAD = 50;

/**
 * Text that changes before a framework takes a page over is a mistake in its eyes: it would throw the page away and render
 * it anew.
 *
 * @param onSettled called once: from then on the page may be changed in any case
 * @returns whether it may be changed now
 */
export const watchHydration = (onSettled: () => void): (() => boolean) => {
  let settled = false;
  const settle = (): unknown =>
    whenIdle(() => {
      settled = true;
      onSettled();
    });
  if (document.readyState === 'complete') settle();
  else addEventListener('load', () => setTimeout(settle, AFTER_LOAD));
  return () => settled || !isHydrating();
};
