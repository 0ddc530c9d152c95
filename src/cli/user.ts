import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { errorMessage, UsageError } from '../base/errors.ts';
import { randomToken, ulid } from '../base/ids.ts';
import { type GatewayConfig, USER_NAME } from '../config/index.ts';
import { type UserView, userView } from '../reports/index.ts';
import { hashedA1 } from '../sip/index.ts';
import type { UserTable } from '../store/index.ts';
import { formatTime } from './format.ts';
import { examples, oneLine } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

type PasswordOptions = { readonly passwordFile?: string; readonly generate?: boolean };
type RoleOptions = { readonly role?: UserTable['role']; readonly ready?: 'yes' | 'no' };
type AddOptions = PasswordOptions & RoleOptions & { readonly display?: string };
type SetOptions = RoleOptions & { readonly display?: string; readonly enabled?: 'yes' | 'no' };

/** Above 118 random bits. */
const GENERATED_LENGTH = 20;

/** The realm that passwords are hashed with; undefined without a registrar. */
export const knownRealm = ({ registrar }: Pick<GatewayConfig, 'registrar'>): string | undefined =>
  registrar?.realm ?? registrar?.domains[0];

const realmOf = (config: GatewayConfig): string => {
  const realm = knownRealm(config);
  if (realm !== undefined) return realm;
  throw new UsageError(
    'There is no registrar yet: write `registrar: { domains: [sip.example.com] }` into dialtrace.yaml first, since passwords are stored as hashes that hold its domain',
  );
};

/** Standard input, as a file descriptor. */
const STDIN = 0;

const readBytes = (path: string | typeof STDIN, name: string): Buffer => {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${name} can't be read: ${errorMessage(error)}`);
  }
};

/** What nobody can type into a phone is refused here, where the mistake can still be seen. */
const readPassword = (path: string | typeof STDIN): string => {
  const name = path === STDIN ? 'Standard input' : `The password file ${path}`;
  const bytes = readBytes(path, name);
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (!isUtf8(bytes)) throw new UsageError(`${name} is no UTF-8 text`);
  if (text === '' || /[\r\n]/.test(text))
    throw new UsageError(`${name} holds no password: write it on one line`);
  if (/\p{Cc}/u.test(text)) throw new UsageError(`${name} holds control characters`);
  return text;
};

const passwordOf = (session: Session, { passwordFile, generate }: PasswordOptions): string => {
  if ((passwordFile === undefined) === (generate !== true))
    throw new UsageError('Give either --password-file FILE or --generate');
  if (passwordFile === undefined) return randomToken(GENERATED_LENGTH);
  return readPassword(passwordFile === '-' ? STDIN : resolve(session.directory, passwordFile));
};

type Secrets = Pick<UserTable, 'realm' | 'ha1_md5' | 'ha1_sha256' | 'ha1_sha512_256'>;

/** What is stored of a password. */
export const secretsOf = (name: string, realm: string, password: string): Secrets => ({
  realm,
  ha1_md5: hashedA1('MD5', name, realm, password),
  ha1_sha256: hashedA1('SHA-256', name, realm, password),
  ha1_sha512_256: hashedA1('SHA-512-256', name, realm, password),
});

const noSuchUser = (name: string): UsageError =>
  new UsageError(`There is no user ${name}: \`dialtrace user list\` shows them`);

const printAccount = (
  { out, json, config }: Session,
  name: string,
  password: string | undefined,
  done: string,
): void => {
  const { domains = [] } = config().registrar ?? {};
  const address = `sip:${name}@${domains[0] ?? ''}`;
  if (json) {
    out.json({ name, address, ...(password !== undefined && { password }) });
    return;
  }
  out.line(`${done} ${name}.`);
  const facts: [string, string][] = [
    ['Address', address],
    ['User name', name],
  ];
  if (password !== undefined) facts.push(['Password', password]);
  out.facts(facts);
  if (password !== undefined) out.note('The password is shown this once: only hashes of it are kept.');
};

const addPasswordOptions = (command: Command): Command =>
  command
    .option('--password-file <file>', 'file that holds the password, on one line; - is standard input')
    .option('--generate', 'make a password and print it');

const add = async (session: Session, name: string, options: AddOptions): Promise<void> => {
  if (!USER_NAME.test(name))
    throw new UsageError(
      `“${name}” is no name for a user: use 1 to 63 letters, digits, dots, hyphens and underscores`,
    );
  const realm = realmOf(session.config());
  const password = passwordOf(session, options);
  const added = await session.withStore('write', (store) =>
    store.users.add({
      id: ulid(session.now()),
      name,
      display: options.display || null,
      ...secretsOf(name, realm, password),
      disabled: 0,
      created_at: session.now(),
      role: options.role ?? 'agent',
      ready: options.ready === 'no' ? 0 : 1,
    }),
  );
  if (!added) throw new UsageError(`There is a user ${name} already`);
  printAccount(session, name, options.generate === true ? password : undefined, 'Added');
};

const setPassword = async (session: Session, name: string, options: PasswordOptions): Promise<void> => {
  const realm = realmOf(session.config());
  const password = passwordOf(session, options);
  const known = await session.withStore('write', (store) =>
    store.users.update(name, secretsOf(name, realm, password)),
  );
  if (!known) throw noSuchUser(name);
  printAccount(session, name, options.generate === true ? password : undefined, 'New password of');
};

const set = async (session: Session, name: string, options: SetOptions): Promise<void> => {
  const { display, enabled, role, ready } = options;
  const patch = {
    ...(display !== undefined && { display: display === '' ? null : display }),
    ...(enabled !== undefined && { disabled: enabled === 'no' ? (1 as const) : (0 as const) }),
    ...(role !== undefined && { role }),
    ...(ready !== undefined && { ready: ready === 'no' ? (0 as const) : (1 as const) }),
  };
  if (Object.keys(patch).length === 0)
    throw new UsageError('Name what is to change: --display, --enabled, --role, --ready');
  const known = await session.withStore('write', (store) => store.users.update(name, patch));
  if (!known) throw noSuchUser(name);
  if (session.json) session.out.json({ name, ...patch });
  else session.out.line(`Changed ${name}.`);
};

const remove = async (session: Session, name: string): Promise<void> => {
  if (!(await session.withStore('write', (store) => store.users.remove(name)))) throw noSuchUser(name);
  if (session.json) session.out.json({ name, removed: true });
  else session.out.line(`Removed ${name}.`);
};

const stateOf = (
  { disabled, available, contacts, realm, ready }: UserView,
  realmNow: string | undefined,
): string => {
  if (disabled) return 'disabled';
  if (realmNow !== undefined && realm !== realmNow) return 'new password needed';
  if (available) return ready ? 'registered' : 'not ready';
  return contacts.length > 0 ? 'flow lost' : '–';
};

const list = async (session: Session): Promise<void> => {
  const now = session.now();
  const users = (await session.withStore('read', (store) => store.users.list(now))).map(userView);
  if (session.json) return session.out.json(users);
  if (users.length === 0) return session.out.line('There are no users yet: see `dialtrace user add --help`.');
  const realm = knownRealm(session.config());
  session.out.table(
    ['Name', 'Display', 'Role', 'State', 'Contacts', 'Since', 'Phone', 'Transport'],
    users.map((user) => [
      user.name,
      user.display,
      user.role,
      stateOf(user, realm),
      user.contacts.length,
      formatTime(user.contacts.map(({ since }) => since).sort()[0] ?? null),
      user.contacts[0]?.userAgent ?? null,
      [...new Set(user.contacts.map(({ transport }) => transport))].join(', ') || null,
    ]),
    [4],
  );
};

const show = async (session: Session, name: string): Promise<void> => {
  const now = session.now();
  const found = await session.withStore('read', (store) => store.users.get(name, now));
  if (!found) throw noSuchUser(name);
  const user = userView(found);
  if (session.json) return session.out.json(user);
  session.out.facts([
    ['Name', user.name],
    ['Display', user.display],
    ['Role', user.role],
    ['Takes calls', user.ready ? 'yes' : 'no'],
    ['State', stateOf(user, knownRealm(session.config()))],
    ['Realm', user.realm],
    ['Created', formatTime(user.createdAt)],
  ]);
  if (user.contacts.length === 0) return;
  session.out.line();
  session.out.table(
    ['Contact', 'From', 'Phone', 'Since', 'Expires', 'q', 'State'],
    user.contacts.map((contact) => [
      contact.uri,
      `${contact.transport}/${contact.address}:${contact.port}`,
      contact.userAgent,
      formatTime(contact.since),
      formatTime(contact.expiresAt),
      contact.q,
      contact.flowLost ? 'flow lost' : 'registered',
    ]),
    [5],
  );
};

const addRoleOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--role <role>', 'what it may do in the softphone').choices(['agent', 'supervisor']),
    )
    .addOption(new Option('--ready <choice>', 'whether it takes calls now').choices(['yes', 'no']));

export const addUserCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('user')
    .summary('users and their phones')
    .description('Users: agents and desks whose phones register here.');
  group
    .command('list')
    .description('List users and whether a phone of theirs is registered.')
    .action(act<[]>(cli, list));
  group
    .command('show')
    .description('Show a user and each registered phone.')
    .argument('<name>')
    .action(act<[string]>(cli, show));
  const adding = addPasswordOptions(
    group
      .command('add')
      .description('Add a user. Only hashes of the password are kept.')
      .argument('<name>', 'user part of the address and user name of the phone')
      .option('--display <text>', 'name for people', oneLine),
  );
  addRoleOptions(adding).action(act<[string, AddOptions]>(cli, add));
  examples(adding, [
    'dialtrace user add alice --generate',
    'dialtrace user add desk-1 --display "Front desk" --password-file desk-1.txt',
  ]);
  addPasswordOptions(group.command('password').description('Set a new password.').argument('<name>')).action(
    act<[string, PasswordOptions]>(cli, setPassword),
  );
  addRoleOptions(
    group
      .command('set')
      .description('Change a user; what is not named stays.')
      .argument('<name>')
      .option('--display <text>', 'name for people; empty for none', oneLine)
      .addOption(
        new Option('--enabled <choice>', 'let its phones register, and log in').choices(['yes', 'no']),
      ),
  ).action(act<[string, SetOptions]>(cli, set));
  group
    .command('remove')
    .description('Remove a user. Its phones are not called any more.')
    .argument('<name>')
    .action(act<[string]>(cli, remove));
};
