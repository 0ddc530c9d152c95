import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveDemo } from '../../support/demo-pages.ts';

const CHROMIUM = '/usr/bin/chromium';
const ARGUMENTS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

type Violation = {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
};

let demo: Awaited<ReturnType<typeof serveDemo>>;
let browser: Browser;
beforeAll(async () => {
  [demo, browser] = await Promise.all([
    serveDemo(),
    chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await demo?.close();
});

/** Runs `use` on a page that shows `scene`; whatever the page complains about fails the test. */
const onScene = async (
  scene: string,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> => {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...options,
  });
  const complaints: string[] = [];
  try {
    await context.addInitScript({ content: axe.source });
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(demo.url) && !request.url().startsWith('data:'))
        complaints.push(request.url());
    });
    await page.goto(`${demo.url}?scene=${scene}`);
    await page.locator('main').waitFor();
    await use(page);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
};

/** What the played phone was asked to do, from the oldest. */
const logOf = (page: Page): Promise<readonly (readonly unknown[])[]> => page.evaluate('fakePhone.log');

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const violationsOf = async (page: Page): Promise<string[]> => {
  const found = await page.evaluate<readonly Violation[]>(
    `axe.run({ runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
};

/** The buttons of a call that rings take clicks after a moment. */
const unguarded = (page: Page): Promise<void> =>
  page.locator('[data-guarded="true"]').first().waitFor({ state: 'detached' });

/** Each scene with something that only it shows. */
const SHOWN = [
  ['login', 'Log in to your phone'],
  ['login-wrong', 'This user name and password don’t match'],
  ['ready', 'Make a call'],
  ['away', 'Your login can take calls, but not make them.'],
  ['empty', 'Call'],
  ['incoming', 'boiler repair near me'],
  ['incoming-unknown', 'Number withheld'],
  ['waiting', 'Second call waiting'],
  ['calling', 'Calling …'],
  ['talking', 'Where this call comes from'],
  ['held', 'On hold'],
  ['poor', 'Parts of the sound get lost on the way.'],
  ['supervised', 'Ines Falk listens and can speak to you alone.'],
  ['consult', 'You are asking about Jonas Berger'],
  ['ended', 'The other side hung up'],
  ['wrap-up', 'What was it?'],
  ['wrap-up-and-call', 'In call'],
  ['supervisor', 'Live calls'],
  ['supervising', 'Nobody hears you.'],
  ['problem', 'The connection to the gateway is lost'],
  ['problems', 'The browser gives no microphone to this address'],
] as const;

const everywhere = (): boolean => true;

/** On the narrow page, the states whose colours and controls are not seen in another. */
const telling = (scene: string): boolean =>
  ['login-wrong', 'ready', 'incoming', 'waiting', 'poor', 'consult', 'wrap-up', 'problem'].includes(scene);

describe.each([
  ['wide, light', {}, everywhere],
  ['320 px, dark', { viewport: { width: 320, height: 640 }, colorScheme: 'dark' }, telling],
] as const)('every state, %s', (_, options, audited) => {
  const theme = 'colorScheme' in options ? options.colorScheme : 'light';

  it('is shown, fits, and breaks no rule of accessibility', async () => {
    // One page for all: what is compared is what a state shows, not how a page loads.
    await onScene('ready', options, async (page) => {
      for (const [scene, text] of SHOWN) {
        await page.goto(`${demo.url}?scene=${scene}`);
        // The browser may tell a new page of the wished theme only after it was drawn.
        await page.locator(`html[data-theme="${theme}"]`).waitFor();
        await page.getByText(text).or(page.getByPlaceholder(text)).first().waitFor({ timeout: 5000 });
        await unguarded(page);
        const beyond = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect(beyond, `${scene} scrolls sideways`).toBe(0);
        if (audited(scene)) expect(await violationsOf(page), scene).toEqual([]);
      }
    });
  });
});

const focused = (page: Page): Promise<string> =>
  page.evaluate(
    "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim().replace(/\\s+/g, ' ')",
  );

/** Tab until `name` has the focus. */
const tabTo = async (page: Page, name: RegExp): Promise<void> => {
  for (let presses = 0; presses < 40; presses++) {
    if (name.test(await focused(page))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never came to ${name}; it is at ${await focused(page)}`);
};

describe('by keyboard alone', () => {
  it('answer, keypad, transfer, consult, hang up, wrap-up', async () => {
    await onScene('incoming', {}, async (page) => {
      await unguarded(page);
      await tabTo(page, /^Answer/);
      await page.keyboard.press('Enter');
      await page.getByText('In call').waitFor();
      // The focus went to the title of what came, so that Tab goes on inside the call.
      await expect.poll(() => focused(page)).toBe('Jonas Berger');

      await tabTo(page, /^Keypad$/);
      await page.keyboard.press('Enter');
      await page.locator('output:focus').waitFor();
      await page.keyboard.type('12#');
      await page.getByText('12#', { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      expect(await page.getByRole('button', { name: '5', exact: true }).count()).toBe(0);
      await expect.poll(() => focused(page)).toBe('Keypad');

      await page.keyboard.press('Alt+t');
      await page.locator('#transfer-target:focus').waitFor();
      await page.keyboard.type('tom');
      await page.keyboard.press('Enter');
      await page.getByText('You are asking about Jonas Berger').waitFor();
      await tabTo(page, /^Back to Jonas Berger$/);
      await page.keyboard.press('Enter');
      await page.getByText('You are asking about').waitFor({ state: 'detached' });

      await page.keyboard.press('Alt+m');
      await page.getByRole('button', { name: 'Muted', pressed: true }).waitFor();
      await page.keyboard.press('Alt+o');
      await page.getByRole('button', { name: 'Resume', pressed: true }).waitFor();
      await page.keyboard.press('Alt+x');

      await page.getByRole('heading', { name: 'Wrap-up' }).waitFor();
      await expect.poll(() => focused(page)).toBe('Wrap-up');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Tab');
      await page.keyboard.type('boiler');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      await page.keyboard.type('Wants a call');
      await page.keyboard.press('Tab');
      await page.keyboard.type('249,90');
      await page.keyboard.press('Control+Enter');
      await page.getByText('Saved').waitFor();
      const draft = await page.evaluate('fakePhone.state.wrapUp.draft');
      expect(draft).toEqual({
        disposition: 'lead',
        tags: ['boiler'],
        note: 'Wants a call',
        value: { amount: 249.9, currency: 'EUR' },
      });
      expect(
        (await logOf(page)).map(([action]) => action).filter((action) => action !== 'draftWrapUp'),
      ).toEqual([
        'loadHistory',
        'answer',
        'press',
        'press',
        'press',
        'loadPeople',
        'consult',
        'hangUp',
        'mute',
        'hold',
        'hangUp',
        'loadHistory',
        'saveWrapUp',
      ]);
    });
  });

  it('a call that comes leaves the focus, and what is typed, where it was', async () => {
    await onScene('wrap-up', {}, async (page) => {
      await page.getByLabel('Note').fill('Wants');
      await page.evaluate("fakePhone.ring('late')");
      await page.getByRole('button', { name: 'Answer' }).waitFor();
      await page.keyboard.type(' a call\n');
      expect(await page.getByLabel('Note').inputValue()).toBe('Wants a call\n');
      expect((await logOf(page)).some(([action]) => action === 'answer')).toBe(false);
      await page.keyboard.press('Alt+r');
      await page.getByRole('button', { name: 'Answer' }).waitFor({ state: 'detached' });
      expect((await logOf(page)).at(-1)).toEqual(['reject', 'late']);
    });
  });

  it('settings close by Escape and give the microphone back; tabs go by arrow keys', async () => {
    await onScene('supervisor', {}, async (page) => {
      await page.getByRole('button', { name: 'Settings' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('meter', { name: 'Microphone level' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await expect.poll(() => focused(page)).toBe('Settings');
      const tests = async () => (await logOf(page)).filter(([action]) => action === 'testMicrophone');
      await expect.poll(tests).toEqual([
        ['testMicrophone', true],
        ['testMicrophone', false],
      ]);
      await page.getByRole('tab', { name: 'Recent' }).focus();
      await page.keyboard.press('ArrowRight');
      await page.getByText('Waiting for an agent').waitFor();
      await expect.poll(() => focused(page)).toMatch(/^Live calls/);
    });
  });
});

describe('by mouse', () => {
  it('a transfer at once, a call back from its tracking number, supervision with its modes', async () => {
    await onScene('talking', {}, async (page) => {
      await page.getByRole('button', { name: 'Transfer' }).click();
      await page.getByRole('combobox').fill('+49 30 99');
      await page.getByRole('button', { name: 'Transfer now' }).click();
      expect((await logOf(page)).find(([action]) => action === 'transfer')).toEqual([
        'transfer',
        'in-1',
        '+493099',
      ]);
    });
    await onScene('ready', {}, async (page) => {
      await page.getByRole('button', { name: 'Call Jonas Berger back' }).click();
      expect((await logOf(page)).at(-1)).toEqual(['dial', '+493055501834', '+498005550100']);
    });
    await onScene('supervisor', {}, async (page) => {
      await page.getByRole('tab', { name: 'Live calls' }).click();
      await page.getByRole('button', { name: /^Listen: Mara Lindt/ }).click();
      await page.getByText('Nobody hears you.').waitFor();
      await page.getByRole('radio', { name: 'Whisper' }).check();
      await page.getByText('Only the agent hears you.').waitFor();
      const asked = (await logOf(page)).filter(([action]) => action === 'supervise');
      expect(asked).toEqual([
        ['supervise', 'c1', 'listen'],
        ['supervise', 'c1', 'whisper'],
      ]);
    });
  });

  it('dials by keys with the number chosen', async () => {
    await onScene('ready', {}, async (page) => {
      for (const key of '030*#') await page.getByRole('button', { name: key, exact: true }).click();
      await page.getByRole('button', { name: 'Erase last digit' }).click();
      await page.getByLabel('Call from').selectOption('+493055500020');
      await page.getByRole('button', { name: 'Call', exact: true }).click();
      await page.getByText('Calling …').waitFor();
      expect((await logOf(page)).at(-1)).toEqual(['dial', '030*', '+493055500020']);
    });
  });

  it('each problem has its button', async () => {
    await onScene('problem', {}, async (page) => {
      await page.getByRole('button', { name: 'Try now' }).click();
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('The microphone is blocked').waitFor({ state: 'detached' });
      const asked = (await logOf(page)).map(([action]) => action);
      expect(asked).toEqual(expect.arrayContaining(['reconnect', 'dismiss', 'testMicrophone']));
    });
  });
});

describe('language and theme', () => {
  it('are chosen in the settings and kept', async () => {
    await onScene('ready', { colorScheme: 'light' }, async (page) => {
      const ground = 'getComputedStyle(document.documentElement).backgroundColor';
      const light = await page.evaluate(ground);
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('radio', { name: 'Dark' }).check();
      await page.getByRole('radio', { name: '简体中文' }).check();
      await page.getByRole('heading', { name: '设置' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: '拨打电话' }).waitFor();
      expect(await page.evaluate(ground)).not.toBe(light);
      expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN');
    });
  });

  it('follow the browser', async () => {
    await onScene('incoming', { locale: 'zh-CN', colorScheme: 'dark' }, async (page) => {
      await page.getByRole('button', { name: '接听' }).waitFor();
      await page
        .getByRole('alert')
        .getByText('来电：Jonas Berger，Google Ads')
        .waitFor({ state: 'attached' });
      expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    });
  });
});

describe('nothing moves', () => {
  it('when a second call rings, when a reason is told, when the phone becomes ready or away', async () => {
    await onScene('talking', {}, async (page) => {
      const hangUp = page.getByRole('button', { name: 'Hang up' });
      const before = await hangUp.boundingBox();
      await page.evaluate("fakePhone.ring('late')");
      await page.getByText('Second call waiting').waitFor();
      await page.evaluate(
        "fakePhone.changeCall('in-1', { quality: { level: 'bad', mos: 2, reason: 'no-audio-in' } })",
      );
      await page.getByText('Nothing arrives from the other side.').waitFor();
      await page.getByRole('switch').click();
      await page.getByRole('switch', { checked: false }).waitFor();
      expect(await hangUp.boundingBox()).toEqual(before);
    });
  });
});
