import { ask } from './ask.ts';
import type { ButtonFacts, Config, Viewer } from './contract.ts';
import { pageAddress } from './events.ts';
import { createMemory, whenVisitorKnown } from './visitor.ts';

/** Buttons that appear together are asked for together. */
const GATHER_MS = 20;
const RETRY_MS = 5000;
const RETRIES = 3;
/** The gateway describes so many at once. */
const MOST_BUTTONS = 50;
/** No button's id is longer. */
const MOST_CHARACTERS = 200;

type DescribedOptions = {
  readonly site: string;
  /** Of the gateway's questions, with the last slash. */
  readonly url: string;
  who(): Viewer;
  /** The gateway does not know this viewer, and calls it so. */
  rename(viewer: string): void;
  /** There is news; `gone`: what was asked for and is no button, or no longer. */
  onNews(language: string, gone: readonly string[]): void;
};

/** What the gateway says of the page's buttons. */
export type Described = {
  of(language: string, button: string): ButtonFacts | undefined;
  /** Asks for it, unless it was asked for within `freshMs`. */
  want(language: string, button: string, freshMs: number): void;
  /** Takes what a page before this one was told. */
  recall(): void;
};

const keyOf = (language: string, button: string): string => `${language} ${button}`;

export const createDescribed = ({ site, url, who, rename, onNews }: DescribedOptions): Described => {
  const memory = createMemory(site);
  const shelf = new Map<string, ButtonFacts>();
  /** When a button was asked for last. */
  const askedAt = new Map<string, number>();
  const wanted = new Map<string, Set<string>>();
  let gathering = 0;

  const take = (language: string, { buttons }: Config, gone: readonly string[]): void => {
    for (const id in buttons) {
      const facts = buttons[id];
      // A gateway that answers with nonsense is no reason to take the page's own link away.
      if (facts?.number) shelf.set(keyOf(language, id), facts);
    }
    for (const id of gone) shelf.delete(keyOf(language, id));
    onNews(language, gone);
  };

  /** Keeps what the gateway said of these buttons, beside what it said of others. */
  const remember = (language: string, config: Config, gone: readonly string[]): void => {
    const known = memory.read();
    const buttons = { ...(known?.language === language && known.buttons), ...config.buttons };
    for (const id of gone) delete buttons[id];
    memory.write({ ...config, language, buttons });
  };

  const fetchConfig = async (language: string, ids: readonly string[], tries = RETRIES): Promise<void> => {
    await whenVisitorKnown();
    const asked = who();
    const { status, body } = await ask(`${url}config`, {
      site,
      buttons: ids,
      ...asked,
      page: pageAddress(),
      lang: language,
      automated: !!navigator.webdriver,
    });
    const { buttons, viewer } = body as Partial<Config>;
    if (status === 200 && buttons) {
      if (viewer && viewer !== asked.viewer) rename(viewer);
      const gone = ids.filter((id) => !buttons[id]);
      remember(language, body as Config, gone);
      take(language, body as Config, gone);
    } else if (tries && (!status || status > 428))
      setTimeout(() => fetchConfig(language, ids, tries - 1), RETRY_MS);
  };

  const askForAll = (): void => {
    gathering = 0;
    for (const [language, ids] of wanted) {
      const rest = [...ids];
      while (rest[0] !== undefined) fetchConfig(language, rest.splice(0, MOST_BUTTONS));
    }
    wanted.clear();
  };

  return {
    of: (language, button) => shelf.get(keyOf(language, button)),
    want: (language, button, freshMs) => {
      const key = keyOf(language, button);
      const at = askedAt.get(key);
      if (button.length > MOST_CHARACTERS || (at && Date.now() - at < freshMs)) return;
      askedAt.set(key, Date.now());
      wanted.set(language, (wanted.get(language) || new Set()).add(button));
      gathering = gathering || window.setTimeout(askForAll, GATHER_MS);
    },
    recall: () => {
      const kept = memory.read();
      if (kept?.language) take(kept.language, kept, []);
    },
  };
};
