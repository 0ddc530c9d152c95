import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { UsageError } from '../base/errors.ts';
import type { Store } from '../store/index.ts';
import { findSubject, tagCall, tagPerson, tagSchema, untagCall, untagPerson } from '../tracking/index.ts';
import { findCall } from './calls.ts';
import { examples } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

const parseTag = (text: string, before: readonly string[] = []): readonly string[] => {
  const tag = tagSchema.safeParse(text);
  if (!tag.success) throw new InvalidArgumentError('Use one line of up to 60 characters.');
  return [...new Set([...before, tag.data])];
};

type On = { readonly call: string } | { readonly person: string };

/** What an id names: a call, or a person by any of its ids. @throws UsageError */
const placeOf = async (store: Store, id: string): Promise<On> => {
  if (id === 'last') return { call: (await findCall(store.calls, id)).call.id };
  const call = await store.calls.get(id.toUpperCase());
  if (call !== undefined) return { call: call.call.id };
  const person = await store.exclusively((file) => findSubject(file, id)?.person);
  if (person !== undefined) return { person };
  throw new UsageError(`There is no call and nobody by ${id}`);
};

const add = (
  session: Session,
  id: string,
  tags: readonly string[],
  { user }: { user: string },
): Promise<void> =>
  session.withStore('write', async (store) => {
    const on = await placeOf(store, id);
    const done = { by: user, at: session.now() };
    await store.exclusively((file) =>
      'call' in on ? tagCall(file, on.call, tags, done) : tagPerson(file, on.person, tags, done),
    );
    if (session.json) return session.out.json({ ...on, tags });
    session.out.line(
      `Tagged ${'call' in on ? `call ${on.call}` : `person ${on.person}`}: ${tags.join(', ')}`,
    );
  });

const remove = (
  session: Session,
  id: string,
  tags: readonly string[],
  { user }: { user: string },
): Promise<void> =>
  session.withStore('write', async (store) => {
    const on = await placeOf(store, id);
    const done = { by: user, at: session.now() };
    const removed = await store.exclusively((file) =>
      tags.filter((tag) =>
        'call' in on ? untagCall(file, on.call, tag, done) === true : untagPerson(file, on.person, tag),
      ),
    );
    if (session.json) return session.out.json({ ...on, removed });
    session.out.line(removed.length === 0 ? 'There was no such tag.' : `Taken off: ${removed.join(', ')}`);
  });

type Action = typeof add;

export const addTagCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('tag')
    .summary('tags of calls and people')
    .description('Words that calls and people are found by.');
  const command = (name: string, description: string, action: Action): Command =>
    group
      .command(name)
      .description(description)
      .argument('<id>', 'id of a call ("last": the newest), or of a person, visitor or form for its person')
      .argument('<tag...>', 'tags', parseTag)
      .option('--user <name>', 'who says so', 'command')
      .action(act<[string, readonly string[], { user: string }]>(cli, action));
  examples(command('add', 'Tag a call or a person.', add), [
    'dialtrace tag add last roof "call back"',
    'dialtrace tag add 01K9ZJ3V8Q4N7M2T5B6C8D9EFG vip',
  ]);
  command('remove', 'Take tags off a call or a person.', remove);
};
