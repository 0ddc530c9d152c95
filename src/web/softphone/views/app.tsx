import type { JSX } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import type { Phone } from '../contract.ts';
import { wordsOf } from '../words/index.ts';
import { type Choices, loadChoices, saveChoices, type Theme } from './choices.ts';
import { DeskContext, useSelected, useWords } from './context.ts';
import { Login } from './login.tsx';
import { Page } from './page.tsx';
import { storage } from './storage.ts';
import { prefersDark, showTheme } from './theme.ts';

/** Follows a change of the choice, and of the system's theme while that is the choice. */
const useTheme = (theme: Theme): void =>
  useLayoutEffect(() => {
    const query = prefersDark();
    const show = (): void => showTheme(theme);
    show();
    query.addEventListener('change', show);
    return () => query.removeEventListener('change', show);
  }, [theme]);

const Starting = (): JSX.Element => {
  const words = useWords();
  return (
    <main class="starting">
      <span class="spinner" aria-hidden="true" />
      <p class="hidden" role="status">
        {words.starting}
      </p>
    </main>
  );
};

const Stage = (): JSX.Element => {
  const stage = useSelected((state) => state.stage);
  if (stage === 'starting') return <Starting />;
  return stage === 'login' ? <Login /> : <Page />;
};

/** The whole phone. */
export const App = ({ phone }: { readonly phone: Phone }): JSX.Element => {
  const [choices, setChoices] = useState(() => loadChoices(storage, navigator.languages));
  const words = wordsOf(choices.language);
  useTheme(choices.theme);
  useLayoutEffect(() => {
    document.documentElement.lang = words.locale;
  }, [words]);
  const choose = (next: Choices): void => {
    saveChoices(storage, next);
    setChoices(next);
  };
  return (
    <DeskContext.Provider value={{ phone, words, choices, choose }}>
      <Stage />
    </DeskContext.Provider>
  );
};
