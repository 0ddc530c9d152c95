import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandWords, completionScript } from '../../../src/cli/completion.ts';
import { createOutput } from '../../../src/cli/output.ts';
import { createProgram } from '../../../src/cli/program.ts';

const program = createProgram({
  env: {},
  directory: '/',
  out: createOutput(new PassThrough(), new PassThrough(), {}),
  now: () => 0,
});

/** What bash would offer for these words, the last one being typed. */
const complete = (...words: string[]): string[] => {
  const directory = mkdtempSync(join(tmpdir(), 'dialtrace-completion-'));
  try {
    const script = join(directory, 'completion.bash');
    writeFileSync(script, completionScript('bash', program));
    const list = ['dialtrace', ...words].map((word) => `'${word}'`).join(' ');
    const run = `source ${script}; COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _dialtrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['--norc', '-c', run], { encoding: 'utf8' }).trim().split('\n');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];

describe('completion', () => {
  it('offers commands, their options and the global ones', () => {
    expect(complete('ca')).toEqual(['calendar', 'calls', 'call-back']);
    expect(complete('calls', 'ex')).toEqual(['explain', 'export']);
    expect(complete('calls', 'list', '--pe')).toEqual(['--period']);
    expect(complete('--json', 'calls', 'list', '--re')).toEqual(['--reveal']);
    expect(complete('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish', '--config']));
  });

  it('goes on after options and arguments', () => {
    expect(complete('number', 'set', '+12025550123', '--la')).toEqual(['--label']);
  });

  it('knows every command', () => {
    const names = everyCommand(program).filter((command) => command.name() !== 'help');
    expect(commandWords(program)).toHaveLength(names.length);
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const script = completionScript(shell, program);
      for (const command of names) expect(script, `${shell} ${command.name()}`).toContain(command.name());
    }
  });
});

describe('help', () => {
  it('says of every command what it does, and of those that people type by hand how', () => {
    for (const command of everyCommand(program)) {
      if (command.name() === 'help') continue;
      expect(command.description().length, command.name()).toBeGreaterThan(10);
    }
  });
});
