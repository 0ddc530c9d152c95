import { copyFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { errorMessage, FailureError, UsageError } from '../base/errors.ts';
import { removeVoicemail, voicemailPath } from '../prompts/index.ts';
import { type VoicemailView, voicemailView } from '../reports/index.ts';
import type { Store, VoicemailRow } from '../store/index.ts';
import { formatDuration, formatTime } from './format.ts';
import { addRevealOption, addZoneOption, examples, oneLine, wholeNumber } from './options.ts';
import { playFile } from './player.ts';
import { act, type Cli, type Session } from './session.ts';

/** Who listened, as the record shows it, when the command does not say. */
const SOMEBODY = 'command line';

const ENDINGS = {
  silence: 'the caller fell silent',
  key: 'the caller pressed a key',
  max: 'it reached its longest time',
  hangup: 'the caller hung up',
  failed: 'it could not go on',
} as const satisfies Readonly<Record<NonNullable<VoicemailView['endedBy']>, string>>;

/** The message with this id, or the newest for `last`. @throws UsageError when there is none */
const findMessage = async ({ voicemail }: Store, id: string): Promise<VoicemailRow> => {
  const [newest] = id === 'last' ? await voicemail.list({ limit: 1 }) : [];
  const message = id === 'last' ? newest : await voicemail.get(id.toUpperCase());
  if (message !== undefined) return message;
  throw new UsageError(
    id === 'last'
      ? 'There are no messages.'
      : `There is no message ${id}: \`dialtrace voicemail list\` shows them`,
  );
};

type ListOptions = {
  readonly box?: string;
  readonly new?: boolean;
  readonly limit: number;
  readonly reveal?: boolean;
  readonly zone?: string;
};

const list = (session: Session, { box, new: onlyNew, limit, reveal, zone }: ListOptions): Promise<void> =>
  session.withStore('read', async (store) => {
    const rows = await store.voicemail.list({ box, onlyNew: onlyNew === true, limit });
    const messages = rows.map((row) => voicemailView(row, reveal ? store.vault : undefined));
    if (session.json) return session.out.json(messages);
    if (messages.length === 0) return session.out.line(onlyNew ? 'No new messages.' : 'No messages.');
    session.out.table(
      ['Message', 'Time', 'Box', 'Caller', 'Number', 'Source', 'Length', 'Heard'],
      messages.map((message) => [
        message.id,
        formatTime(message.at, zone),
        message.box,
        message.caller ?? 'anonymous',
        message.number,
        message.source,
        message.state === 'recording' ? 'now' : formatDuration(message.durationMs),
        message.heard === null ? session.out.paint('green', 'new') : message.heard.by,
      ]),
      [6],
    );
  });

type ShowOptions = { readonly reveal?: boolean; readonly zone?: string };

const show = (session: Session, id: string, { reveal, zone }: ShowOptions): Promise<void> =>
  session.withStore('read', async (store) => {
    const row = await findMessage(store, id);
    const message = voicemailView(row, reveal ? store.vault : undefined);
    const path = voicemailPath(session.config().recording.directory, row);
    if (session.json) return session.out.json({ ...message, path });
    session.out.facts([
      ['Message', message.id],
      ['Box', message.box],
      ['Time', formatTime(message.at, zone)],
      ['Call', message.call],
      ['Caller', message.caller ?? 'anonymous'],
      ['Number', message.number],
      ['Source', message.source],
      ['Length', formatDuration(message.durationMs)],
      ['Speech', formatDuration(message.speechMs)],
      ['Ended', message.endedBy === null ? null : ENDINGS[message.endedBy]],
      [
        'Heard',
        message.heard && `${formatTime(message.heard.at, zone)} by ${message.heard.by ?? 'somebody'}`,
      ],
      ['File', path],
    ]);
  });

const noteHeard = (session: Session, store: Store, id: string, by = SOMEBODY): Promise<boolean> =>
  store.voicemail.setHeard(id, { at: session.now(), by });

const play = (session: Session, id: string): Promise<void> =>
  session.withStore('write', async (store) => {
    const message = await findMessage(store, id);
    const path = voicemailPath(session.config().recording.directory, message);
    await playFile(path, 'message', session.env);
    await noteHeard(session, store, message.id);
  });

const exportMessage = (session: Session, id: string, file: string): Promise<void> =>
  session.withStore('read', async (store) => {
    const from = voicemailPath(session.config().recording.directory, await findMessage(store, id));
    const to = resolve(session.directory, file);
    await copyFile(from, to).catch((error: unknown) => {
      throw new FailureError(`Can't copy ${from} to ${to}: ${errorMessage(error)}`, { cause: error });
    });
    if (session.json) return session.out.json({ path: to });
    session.out.line(to);
  });

type HeardOptions = { readonly by?: string; readonly undo?: boolean };

const heard = (session: Session, id: string, { by, undo }: HeardOptions): Promise<void> =>
  session.withStore('write', async (store) => {
    const message = await findMessage(store, id);
    await (undo ? store.voicemail.setHeard(message.id, null) : noteHeard(session, store, message.id, by));
    if (session.json) return session.out.json(voicemailView(await findMessage(store, message.id)));
    session.out.line(undo ? `${message.id} is new again.` : `${message.id} has been heard.`);
  });

const remove = (session: Session, id: string): Promise<void> =>
  session.withStore('write', async (store) => {
    const { id: found } = await findMessage(store, id);
    const done = await removeVoicemail(store.voicemail, session.config().recording.directory, found);
    if (done === 'recording') throw new FailureError('The caller still speaks.');
    if (session.json) return session.out.json({ removed: found });
    session.out.line(`Deleted ${found} and its audio.`);
  });

const addReading = (group: Command, cli: Cli): void => {
  const listing = addZoneOption(
    addRevealOption(
      group
        .command('list')
        .description('Messages that callers left, newest first.')
        .option('--box <box>', 'only in this box')
        .option('--new', 'only those that nobody has listened to')
        .option('-n, --limit <count>', 'how many at most', wholeNumber(1, 10_000), 50),
    ),
  ).action(act<[ListOptions]>(cli, list));
  examples(listing, ['dialtrace voicemail list --new', 'dialtrace voicemail list --box sales --json']);
  addZoneOption(
    addRevealOption(
      group
        .command('show')
        .description('One message: who left it, when, how long it is, where its file lies.')
        .argument('<id>', 'its id, or "last"'),
    ),
  ).action(act<[string, ShowOptions]>(cli, show));
  group
    .command('play')
    .description('Plays a message with aplay, play, ffplay or afplay, and notes that it has been heard.')
    .argument('<id>', 'its id, or "last"')
    .action(act<[string]>(cli, play));
  const exporting = group
    .command('export')
    .description('Copies the audio of a message: mono WAV.')
    .argument('<id>', 'its id, or "last"')
    .argument('<file>', 'where to')
    .action(act<[string, string]>(cli, exportMessage));
  examples(exporting, ['dialtrace voicemail export last message.wav']);
};

/** `dialtrace voicemail`. */
export const addVoicemailCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('voicemail')
    .summary('messages that callers left')
    .description("Voicemail boxes: messages that callers left. Callers' numbers are masked.");
  addReading(group, cli);
  group
    .command('heard')
    .description('Notes that somebody has listened to a message. Who did first stays.')
    .argument('<id>', 'its id, or "last"')
    .option('--by <name>', 'who', oneLine)
    .option('--undo', 'make it new again')
    .action(act<[string, HeardOptions]>(cli, heard));
  group
    .command('delete')
    .description('Deletes a message and its audio for good.')
    .argument('<id>', 'its id')
    .action(act<[string]>(cli, remove));
};
