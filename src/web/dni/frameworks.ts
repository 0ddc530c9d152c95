// Where frameworks put what the server rendered; `data-dt-hydrate` marks what this list doesn't know.
const ROOTS =
  '#__next,#__nuxt,#___gatsby,#root,#app,[data-reactroot],[data-server-rendered],[ng-version],astro-island[ssr],[data-dt-hydrate]';

const bears = (element: object, mark: string): boolean =>
  Object.keys(element).some((key) => key.startsWith(mark));

/**
 * Whether a framework has yet to take over what the server rendered. Vue marks its container in the end; React every element
 * once all that is in it is taken over, one by one and with pauses: the last one tells.
 *
 * @param begun only if it is about it
 */
const isHydrating = (begun?: boolean): unknown => {
  const roots = [...document.querySelectorAll(ROOTS)];
  // Rendered into the document itself.
  if (!roots[0])
    return document.querySelector('script[src*="/_next/"]') && !bears(document.body, '__reactFiber');
  return roots.some((root) => {
    const last = root.lastElementChild;
    const { __vue_app__: vue } = root as { __vue_app__?: unknown };
    return last && !vue && !bears(last, '__reactFiber') && (!begun || bears(root, '__reactContainer'));
  });
};

const AFTER_LOAD = 100;
/** So often what React has begun is waited for. */
const ROUNDS = 30;

/**
 * Text that changes before a framework takes a page over is a mistake in its eyes: it would throw the page away and render
 * it anew.
 *
 * @param onSettled called once: from then on the page may be changed in any case
 * @returns whether it may be changed now
 */
export const watchHydration = (onSettled: () => void): (() => boolean) => {
  let settled = false;
  let rounds = ROUNDS;
  const look = (): void => {
    if (rounds-- && isHydrating(true)) settle();
    else {
      settled = true;
      onSettled();
    }
  };
  const settle = (): unknown => setTimeout(look, AFTER_LOAD);
  if (document.readyState === 'complete') settle();
  else addEventListener('load', settle);
  return () => settled || !isHydrating();
};
