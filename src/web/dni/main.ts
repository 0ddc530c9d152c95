import { start } from './start.ts';
import { readTag } from './tag.ts';

type Queue = { q?: unknown[][]; ready?: unknown };

try {
  const before = (window as { dt?: Queue }).dt || {};
  const tag = before.ready ? undefined : readTag();
  if (tag) {
    const begin = (): void => start(tag, before.q || []);
    // A page that the browser prepares in case somebody opens it is no visit yet.
    if ((document as { prerendering?: boolean }).prerendering)
      document.addEventListener('prerenderingchange', begin, { once: true });
    else begin();
  }
} catch {
  // The page keeps its own numbers.
}
