import { start } from './start.ts';
import { readTag } from './tag.ts';

type Page = { readonly dt?: { readonly q?: unknown[][] }; readonly dialtrace?: unknown };

try {
  const tag = readTag();
  const begin = (): void => {
    const { dt, dialtrace } = window as Page;
    if (tag && !dialtrace) start(tag, dt?.q || []);
  };
  // A page that the browser prepares in case somebody opens it is no visit yet.
  if ((document as { prerendering?: boolean }).prerendering)
    document.addEventListener('prerenderingchange', begin, { once: true });
  else begin();
} catch {
  // The page keeps its own numbers.
}
