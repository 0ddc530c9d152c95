import type { Theme } from './choices.ts';

/** The system's own choice, which may change while the page is shown. */
export const prefersDark = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');

export const showTheme = (theme: Theme): void => {
  const dark = theme === 'dark' || (theme === 'system' && prefersDark().matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
};
