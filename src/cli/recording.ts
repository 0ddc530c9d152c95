import { resolve } from 'node:path';
import type { Command } from 'commander';
import { FailureError, UsageError } from '../base/errors.ts';
import { verifyRecording } from '../media/index.ts';
import type { RecordingTable, Store } from '../store/index.ts';
import { findCall } from './calls.ts';
import { Unsuccessful } from './failure.ts';
import { examples } from './options.ts';
import { playFile } from './player.ts';
import { act, type Cli, type Session } from './session.ts';

const recordingOf = async (session: Session, id: string): Promise<{ row: RecordingTable; path: string }> => {
  const { call, recording: row } = await session.withStore('read', (store) => findCall(store.calls, id));
  if (row === undefined) throw new FailureError(`Call ${call.id} has no recording.`);
  return { row, path: resolve(session.config().recording.directory, row.path) };
};

/** What became of a recording's file since it was written. */
export type Verification = {
  readonly callId: string;
  readonly path: string;
  readonly result: 'intact' | 'changed' | 'missing' | 'unfinished';
};

const verify = async (directory: string, row: RecordingTable): Promise<Verification> => {
  const base = { callId: row.call_id, path: row.path };
  if (row.sha256 === null) return { ...base, result: 'unfinished' };
  return { ...base, result: await verifyRecording(resolve(directory, row.path), row.sha256) };
};

const rowsToVerify = async (store: Store, id: string | undefined): Promise<readonly RecordingTable[]> => {
  if (id === undefined) return store.db.selectFrom('recording').selectAll().orderBy('started_at').execute();
  const { call, recording } = await findCall(store.calls, id);
  if (recording === undefined) throw new FailureError(`Call ${call.id} has no recording.`);
  return [recording];
};

const addVerify = (group: Command, cli: Cli): void => {
  const command = group
    .command('verify')
    .description(
      'Compares recordings with the SHA-256 that was kept when they were finished. Exit code 1 when one differs.',
    )
    .argument('[call]', 'call id, or "last"')
    .option('--all', 'every recording')
    .action(
      act<[string | undefined, { all?: boolean }]>(cli, async (session, id, { all = false }) => {
        if ((id === undefined) !== all) throw new UsageError('Name a call, or say --all');
        const rows = await session.withStore('read', (store) => rowsToVerify(store, id));
        const { directory } = session.config().recording;
        const results: Verification[] = [];
        for (const row of rows) results.push(await verify(directory, row));
        if (session.json) cli.out.json(results);
        else for (const { path, result } of results) cli.out.line(`${painted(cli, result)}  ${path}`);
        if (!session.json && rows.length === 0) cli.out.line('There are no recordings.');
        if (results.some(({ result }) => result === 'changed' || result === 'missing'))
          throw new Unsuccessful();
      }),
    );
  examples(command, ['dialtrace recording verify last', 'dialtrace recording verify --all']);
};

const painted = ({ out }: Cli, result: Verification['result']): string => {
  const colour = result === 'intact' ? 'green' : result === 'unfinished' ? 'yellow' : 'red';
  return out.paint(colour, result.padEnd(10));
};

export const addRecordingCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('recording')
    .summary("calls' recordings")
    .description('Recordings of calls: stereo WAV, the caller left, the line right.');
  const path = group
    .command('path')
    .description("Prints where a call's recording is.")
    .argument('<call>', 'call id, or "last"')
    .action(
      act<[string]>(cli, async (session, id) => {
        const recording = await recordingOf(session, id);
        if (!session.json) return cli.out.line(recording.path);
        cli.out.json({ path: recording.path, state: recording.row.state, sha256: recording.row.sha256 });
      }),
    );
  examples(path, ['dialtrace recording path last', 'cp "$(dialtrace recording path last)" ~/']);
  group
    .command('play')
    .description("Plays a call's recording with aplay, play, ffplay or afplay, whichever is there.")
    .argument('<call>', 'call id, or "last"')
    .action(
      act<[string]>(cli, async (session, id) => {
        const { path } = await recordingOf(session, id);
        await playFile(path, 'recording', cli.env);
      }),
    );
  addVerify(group, cli);
};
