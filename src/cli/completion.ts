import { Argument, type Command } from 'commander';
import { act, type Cli } from './session.ts';

/** A command as shell completion needs it. */
export type Word = {
  /** Words after `dialtrace`: `['calls', 'list']`; none for the command itself. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly {
    readonly flag: string;
    readonly summary: string;
    readonly takesValue: boolean;
  }[];
  /** Values of its first argument, when they are few. */
  readonly choices: readonly string[];
};

const summaryOf = (command: Command): string =>
  (command.summary() || command.description()).split('\n')[0] ?? '';

const visible = (command: Command): readonly Command[] =>
  command.commands.filter((child) => child.name() !== 'help');

/** Every command with what may follow it, parents first. */
export const commandWords = (root: Command): readonly Word[] => {
  const globals = root.options;
  const walk = (command: Command, path: readonly string[]): Word[] => [
    {
      path,
      summary: summaryOf(command),
      commands: visible(command).map((child) => ({ name: child.name(), summary: summaryOf(child) })),
      options: [...new Set([...command.options, ...globals])]
        .filter((option) => !option.hidden)
        .map((option) => ({
          flag: option.long ?? option.short ?? '',
          summary: option.description,
          takesValue: option.required || option.optional,
        }))
        .concat([{ flag: '--help', summary: 'help', takesValue: false }]),
      choices: command.registeredArguments[0]?.argChoices ?? [],
    },
    ...visible(command).flatMap((child) => walk(child, [...path, child.name()])),
  ];
  return walk(root, []);
};

const single = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const follow = (word: Word): string[] => [
  ...word.commands.map(({ name }) => name),
  ...word.choices,
  ...word.options.map(({ flag }) => flag),
];

/** Bash and zsh walk the words that were typed down the tree of commands; options are passed over. */
const cases = (words: readonly Word[], body: (word: Word) => string): string =>
  words.map((word) => `    ${single(word.path.join(' '))}) ${body(word)} ;;`).join('\n');

const paths = (words: readonly Word[]): string =>
  words
    .slice(1)
    .map(({ path }) => single(path.join(' ')))
    .join('|');

const bash = (
  words: readonly Word[],
): string => `# bash completion of dialtrace: source <(dialtrace completion bash)
_dialtrace() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' word next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    next="\${path:+$path }$word"
    case "$next" in
      ${paths(words)}) path=$next ;;
    esac
  done
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
    --config|--plan|--prompt) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  local list=''
  case "$path" in
${cases(words, (word) => `list=${single(follow(word).join(' '))}`)}
  esac
  COMPREPLY=($(compgen -W "$list" -- "$current"))
}
complete -o default -F _dialtrace dialtrace
`;

const described = (name: string, summary: string): string =>
  single(`${name.replaceAll(':', '\\:')}:${summary.replaceAll(':', '\\:')}`);

const zshList = (word: Word): string =>
  [
    ...word.commands.map(({ name, summary }) => described(name, summary)),
    ...word.choices.map((choice) => described(choice, '')),
    ...word.options.map(({ flag, summary }) => described(flag, summary)),
  ].join(' ');

const zsh = (words: readonly Word[]): string => `#compdef dialtrace
# zsh completion of dialtrace: source <(dialtrace completion zsh)
_dialtrace() {
  local path_='' word next
  local -a list
  for word in \${words[2,CURRENT-1]}; do
    next="\${path_:+$path_ }$word"
    case "$next" in
      ${paths(words)}) path_=$next ;;
    esac
  done
  case "\${words[CURRENT-1]}" in
    --config|--plan|--prompt) _files; return ;;
  esac
  case "$path_" in
${cases(words, (word) => `list=(${zshList(word)})`)}
  esac
  _describe 'dialtrace' list || _files
}
compdef _dialtrace dialtrace
`;

const fishTest = ({ path, commands }: Word): string => {
  if (path.length === 0) return single('__fish_use_subcommand');
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
  const deeper = commands.map(({ name }) => name).join(' ');
  return single(deeper === '' ? seen : `${seen}; and not __fish_seen_subcommand_from ${deeper}`);
};

const fish = (words: readonly Word[]): string => {
  const lines = words.flatMap((word) => {
    const start = `complete -c dialtrace -n ${fishTest(word)}`;
    return [
      ...word.commands.map(({ name, summary }) => `${start} -f -a ${name} -d ${single(summary)}`),
      ...word.choices.map((choice) => `${start} -f -a ${choice}`),
      ...word.options.map(
        ({ flag, summary, takesValue }) =>
          `${start} -l ${flag.replace(/^--/, '')}${takesValue ? ' -r' : ''} -d ${single(summary)}`,
      ),
    ];
  });
  return `# fish completion of dialtrace: dialtrace completion fish | source\n${lines.join('\n')}\n`;
};

const SHELLS = { bash, zsh, fish } as const;
export type Shell = keyof typeof SHELLS;

/** The completion script of a shell for a tree of commands. */
export const completionScript = (shell: Shell, root: Command): string => SHELLS[shell](commandWords(root));

export const addCompletion = (program: Command, cli: Cli): void => {
  program
    .command('completion')
    .summary('shell completion')
    .description(
      'Prints the completion script of a shell.\n\n' +
        '  bash: echo "source <(dialtrace completion bash)" >> ~/.bashrc\n' +
        '  zsh:  echo "source <(dialtrace completion zsh)" >> ~/.zshrc\n' +
        '  fish: dialtrace completion fish > ~/.config/fish/completions/dialtrace.fish',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SHELLS)))
    .action(act<[Shell]>(cli, (_session, shell) => cli.out.line(completionScript(shell, program).trimEnd())));
};
