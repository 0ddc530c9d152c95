import { defineElement } from './element.ts';
import { watchMarks } from './marks.ts';
import { createWidget } from './start.ts';
import { readTag } from './tag.ts';

try {
  const tag = readTag();
  const begin = (): void => {
    if (!tag || customElements.get('dt-call-button')) return;
    const widget = createWidget(tag);
    defineElement(widget);
    watchMarks(widget);
  };
  // A page that the browser prepares in case somebody opens it is seen by nobody yet.
  if ((document as { prerendering?: boolean }).prerendering)
    document.addEventListener('prerenderingchange', begin, { once: true });
  else begin();
} catch {
  // The page's own links work.
}
