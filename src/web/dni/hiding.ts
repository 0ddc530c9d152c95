const LONGEST = 300;

/**
 * Keeps elements of class `dt-number` invisible, in their place, until the returned function is called, 300 ms at most.
 * Only before anything was painted: what is seen already stays. By a constructed sheet, which no content security policy
 * is against; browsers without them show the number at once.
 */
export const hideNumbers = (): (() => void) => {
  let show = (): void => {};
  try {
    if (performance.getEntriesByType('paint').length) return show;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('.dt-number{visibility:hidden!important}');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    show = () => sheet.replaceSync('');
    setTimeout(show, LONGEST);
  } catch {}
  return show;
};
