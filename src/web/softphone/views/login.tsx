import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { isLanguage, LANGUAGES, wordsOf } from '../words/index.ts';
import { useDesk } from './context.ts';
import { Mark } from './icons.tsx';
import { Problems } from './problems.tsx';

const LoginForm = (): JSX.Element => {
  const { phone, words } = useDesk();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      await phone.actions.login(user.trim(), password);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="login-form" onSubmit={submit}>
      <div class="field">
        <label for="login-user">{words.login.user}</label>
        <input
          id="login-user"
          name="user"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          value={user}
          onInput={(event) => setUser(event.currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for="login-password">{words.login.password}</label>
        <input
          id="login-password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </div>
      <button type="submit" class="button button-primary button-large" aria-disabled={busy}>
        <span>{busy ? words.login.busy : words.login.submit}</span>
      </button>
    </form>
  );
};

export const Login = (): JSX.Element => {
  const { words, choices, choose } = useDesk();
  return (
    <main class="login">
      <div class="login-card">
        <Mark />
        <h1>{words.login.title}</h1>
        <Problems />
        <LoginForm />
        <div class="login-language">
          <label class="hidden" for="login-language">
            {words.settings.language}
          </label>
          <select
            id="login-language"
            onChange={({ currentTarget: { value } }) =>
              isLanguage(value) && choose({ ...choices, language: value })
            }
          >
            {LANGUAGES.map((language) => (
              <option key={language} value={language} selected={language === choices.language}>
                {wordsOf(language).language}
              </option>
            ))}
          </select>
        </div>
      </div>
    </main>
  );
};
