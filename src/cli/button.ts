import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { renderSVG, renderUnicodeCompact } from 'uqr';
import { errorMessage, FailureError, UsageError } from '../base/errors.ts';
import { findRunning } from '../base/run-file.ts';
import { buttonLinks, buttonSnippets, createAvailability } from '../buttons/index.ts';
import { type ButtonPlan, dialsVisitors } from '../config/index.ts';
import {
  type ButtonFigures,
  buttonFiguresOf,
  figuresByButton,
  funnelReport,
  localZone,
  namedPeriod,
} from '../reports/index.ts';
import type { SqliteFile, Store } from '../store/index.ts';
import { createLivePlan, dialOf, type LivePlan } from '../tracking/index.ts';
import { type ButtonView, openingOf, openText, printButton, printEmbed, runningOn } from './button-print.ts';
import { socketsOf } from './button-socket.ts';
import { checkButton } from './button-test.ts';
import { Unsuccessful } from './failure.ts';
import { urlOf } from './gateway-http.ts';
import { examples } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

const readPlan = async (store: Store): Promise<LivePlan> => {
  const plan = createLivePlan(store, undefined, 0);
  await plan.refresh();
  return plan.current();
};

/** @throws UsageError when there is none of that id */
const buttonOf = ({ buttons }: LivePlan, id: string): ButtonPlan => {
  const button = buttons.get(id);
  if (button !== undefined) return button;
  const known = [...buttons.keys()].join(', ');
  throw new UsageError(
    `There is no button ${id}: ${known === '' ? 'there are none yet' : `there are ${known}`}`,
  );
};

const configuredBase = (session: Session): string | undefined =>
  session.config().buttons.publicUrl?.replace(/\/+$/, '');

/** @throws UsageError when `buttons.publicUrl` is not set */
const publicBase = (session: Session): string => {
  const base = configuredBase(session);
  if (base !== undefined) return base;
  throw new UsageError(
    'Where browsers reach this gateway is not known: set buttons.publicUrl in dialtrace.yaml, such as https://calls.example.com',
  );
};

const figuresOf = (file: SqliteFile, name: 'today' | '7d', now: number): ((id: string) => ButtonFigures) =>
  figuresByButton(funnelReport(file, buttonFiguresOf(namedPeriod(name, localZone(), now))));

const readViews = async (session: Session, store: Store, plan: LivePlan): Promise<readonly ButtonView[]> => {
  const now = session.now();
  const base = configuredBase(session);
  const availability = createAvailability();
  return store.exclusively((file) => {
    const today = figuresOf(file, 'today', now);
    const week = figuresOf(file, '7d', now);
    return [...plan.buttons.values()].map((button) => ({
      plan: button,
      ...openingOf(availability(file, button, now)),
      experiment: runningOn(plan.experiments, button.id),
      today: today(button.id),
      week: week(button.id),
      links: base === undefined ? null : buttonLinks(button, base),
      embed: base === undefined ? null : buttonSnippets(button, base),
    }));
  });
};

const list = (session: Session): Promise<void> =>
  session.withStore('read', async (store) => {
    const views = await readViews(session, store, await readPlan(store));
    const { out } = session;
    if (session.json) return out.json(views);
    if (views.length === 0)
      return out.line(
        'There are no call buttons yet: write `buttons` into the tracking plan, then `dialtrace apply`.',
      );
    const both = (name: keyof ButtonFigures) => (view: ButtonView) =>
      `${view.today[name]} / ${view.week[name]}`;
    out.table(
      ['Button', 'Site', 'Number', 'State', 'Views', 'Presses', 'Calls', 'Answered', 'Page'],
      views.map((view) => [
        view.plan.id,
        view.plan.site,
        view.plan.number,
        openText(view),
        ...(['views', 'presses', 'calls', 'answered'] as const).map((name) => both(name)(view)),
        view.links?.page ?? null,
      ]),
      [4, 5, 6, 7],
    );
    out.line('\nFigures: today / 7 days. `dialtrace report funnel` has the rest.');
  });

const show = (session: Session, id: string): Promise<void> =>
  session.withStore('read', async (store) => {
    const plan = await readPlan(store);
    const button = buttonOf(plan, id);
    const views = await readViews(session, store, plan);
    const view = views.find((each) => each.plan.id === button.id);
    if (view === undefined) return;
    if (session.json) return session.out.json(view);
    printButton(session.out, view, dialsVisitors(session.config(), button));
    if (view.links === null) session.out.note('Links and snippets need buttons.publicUrl in dialtrace.yaml.');
  });

const findButton = (session: Session, id: string): Promise<ButtonPlan> =>
  session.withStore('read', async (store) => buttonOf(await readPlan(store), id));

const link = async (session: Session, id: string): Promise<void> => {
  const links = buttonLinks(await findButton(session, id), publicBase(session));
  if (session.json) session.out.json(links);
  else session.out.line(links.page);
};

type QrOptions = { readonly dial?: boolean; readonly svg?: boolean; readonly output?: string };

const qr = async (session: Session, id: string, { dial, svg, output }: QrOptions): Promise<void> => {
  const button = await findButton(session, id);
  const text = dial ? `tel:${dialOf(button.number)}` : buttonLinks(button, publicBase(session)).page;
  const asPicture = svg === true || output !== undefined || process.stdout.isTTY !== true;
  if (output === undefined && session.json)
    return session.out.json({ text, svg: renderSVG(text, { border: 4 }) });
  if (!asPicture) {
    session.out.line(renderUnicodeCompact(text, { border: 2 }));
    return session.out.line(text);
  }
  const picture = renderSVG(text, { border: 4, pixelSize: 8 });
  if (output === undefined) return session.out.line(picture);
  const path = resolve(session.directory, output);
  await writeFile(path, `${picture}\n`).catch((error: unknown) => {
    throw new FailureError(`Can't write ${path}: ${errorMessage(error)}`, { cause: error });
  });
  session.out.note(`${path}: ${text}`);
};

const embed = async (session: Session, id: string): Promise<void> => {
  const snippets = buttonSnippets(await findButton(session, id), publicBase(session));
  if (session.json) session.out.json(snippets);
  else printEmbed(session.out, snippets);
};

/** Where visitors reach the gateway, or at least this machine. */
const reachedAt = async (session: Session): Promise<string> => {
  const base = configuredBase(session);
  if (base !== undefined) return base;
  const running = await findRunning(session.config().runFile);
  if (running !== undefined) return urlOf(running);
  throw new FailureError('The gateway is not running, and buttons.publicUrl is not set: nothing to ask.');
};

/** @throws UsageError when it is no address of a page */
const pageAddress = (text: string | undefined): string | undefined => {
  if (text === undefined || /^https?:\/\/[^/]/.test(text)) return text && new URL(text).href;
  throw new UsageError(
    `--page: found “${text}”; write the address of a page, such as https://www.example.com/`,
  );
};

type TestOptions = { readonly page?: string };

const test = async (session: Session, id: string, options: TestOptions): Promise<void> => {
  const page = pageAddress(options.page);
  const { button, hosts } = await session.withStore('read', async (store) => {
    const plan = await readPlan(store);
    const found = buttonOf(plan, id);
    return { button: found, hosts: plan.sites.get(found.site)?.hosts ?? [] };
  });
  const base = await reachedAt(session);
  const isPublic = configuredBase(session) !== undefined;
  const sockets = socketsOf(session.config(), base);
  const checks = await checkButton({ button, hosts, base, isPublic, sockets, page });
  const { out } = session;
  if (session.json) out.json({ base, checks });
  else {
    out.line(`Button ${id} as visitors reach it at ${base}`);
    out.table(
      ['', 'What', 'Found'],
      checks.map(({ ok, what, found }) => [out.paint(ok ? 'green' : 'red', ok ? '✓' : '✗'), what, found]),
    );
  }
  if (checks.some(({ ok }) => !ok)) throw new Unsuccessful();
};

/** `dialtrace button`. */
export const addButtonCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('button')
    .summary('call buttons, their links and QR codes')
    .description('Call buttons of web pages: how they stand, and how pages get them.');
  group
    .command('list')
    .description('Call buttons of the plan, whether they are open, and what people did at them.')
    .action(act<[]>(cli, list));
  const one = (name: string, description: string): Command =>
    group.command(name).description(description).argument('<id>');
  one('show', 'One call button: plan, state, figures, links and snippets.').action(act<[string]>(cli, show));
  one('link', "The address of the button's own page, for e-mails and messages.").action(
    act<[string]>(cli, link),
  );
  const code = one(
    'qr',
    "QR code of the button's page: drawn in a terminal, as SVG when the output goes elsewhere.",
  )
    .option('--dial', 'a code that dials the number')
    .option('--svg', 'as SVG in a terminal too')
    .option('-o, --output <file>', 'write the SVG there')
    .action(act<[string, QrOptions]>(cli, qr));
  examples(code, [
    'dialtrace button qr sales',
    'dialtrace button qr sales > sales.svg',
    'dialtrace button qr sales --dial --output flyer.svg',
  ]);
  one('embed', 'What to paste into a page.').action(act<[string]>(cli, embed));
  const tested = one(
    'test',
    'Asks the gateway for the button as a page does: scripts, page, hosts, browser calls. Exit code 1 when something is wrong.',
  )
    .option('--page <url>', 'as this page does; default: as any page of the site')
    .action(act<[string, TestOptions]>(cli, test));
  examples(tested, [
    'dialtrace button test sales',
    'dialtrace button test sales --page https://www.example.com/offer',
  ]);
  examples(group, ['dialtrace button list', 'dialtrace button show sales', 'dialtrace button embed sales']);
};
