const LONGEST = 300;

/**
 * Keeps elements of class `dt-number` invisible, in their place, until the returned function is called, 300 ms at most.
 * Only before anything was painted: what is seen already stays. By a constructed sheet, which no content security policy
 * is against; browsers without them show the number at once.
 */
export const hideNumbers = (): (() => void) | undefined => {
  try {
    if (performance.getEntriesByType('paint').length) return undefined;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('.dt-number{visibility:hidden!important}');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    const show = () => sheet.replaceSync('');
    setTimeout(show, LONGEST);
    return show;
  } catch {
    return undefined;
  }
};
