import { Command } from 'commander';
import { VERSION } from '../base/version.ts';
import { addAgentCommands } from './agent.ts';
import { addAreaCommands } from './area.ts';
import { addAttributionCommands } from './attribution.ts';
import { addAuditCommands } from './audit.ts';
import { addAutomationCommands } from './automation.ts';
import { addBanCommands } from './ban.ts';
import { addButtonCommands } from './button.ts';
import { addCalendarCommands } from './calendar.ts';
import { addCallBackCommands } from './call-back.ts';
import { addCallCommands } from './calls.ts';
import { addCheck } from './check.ts';
import { addCompletion } from './completion.ts';
import { addDoctor } from './doctor.ts';
import { addExperimentCommands } from './experiment.ts';
import { addFlowCommands } from './flow.ts';
import { addFormCommands } from './form.ts';
import { addLeadCommands } from './lead.ts';
import { addLineCommands } from './line.ts';
import { addMatchingCommands } from './matching.ts';
import { addNumberCommands } from './number.ts';
import { examples } from './options.ts';
import { addPersonCommands } from './person.ts';
import { addPlanCommands } from './plan.ts';
import { addPoolCommands } from './pool.ts';
import { addPromptCommands } from './prompt.ts';
import { addQueueCommands } from './queue.ts';
import { addRecordingCommands } from './recording.ts';
import { addReportCommands } from './report.ts';
import { addScheduleCommands } from './schedule.ts';
import { act, type Cli } from './session.ts';
import { addSimulate } from './simulate.ts';
import { addSipEngine } from './sip-engine.ts';
import { addSiteCommands } from './site.ts';
import { addSourceCommands } from './source.ts';
import { addSpamCommands } from './spam.ts';
import { addSpendCommands } from './spend.ts';
import { addStart } from './start.ts';
import { addTagCommands } from './tag.ts';
import { addTestCall } from './test-call.ts';
import { addTrunkCommands } from './trunk.ts';
import { addUserCommands } from './user.ts';
import { addVisitCommands } from './visit.ts';
import { addVoicemailCommands } from './voicemail.ts';

const addVersion = (program: Command, cli: Cli): void => {
  program
    .command('version')
    .description('Prints the version of Dialtrace and of Node.js.')
    .action(
      act<[]>(cli, ({ json }) => {
        if (json) return cli.out.json({ version: VERSION, node: process.version });
        cli.out.line(`dialtrace ${VERSION} (Node.js ${process.version})`);
      }),
    );
};

/** Commands as the help shows them, by what a person wants. */
const GROUPS: readonly (readonly [
  heading: string,
  add: readonly ((program: Command, cli: Cli) => void)[],
])[] = [
  ['Run:', [addStart, addTestCall, addDoctor, addSipEngine]],
  [
    'Configure:',
    [
      addCheck,
      addPlanCommands,
      addNumberCommands,
      addSourceCommands,
      addSiteCommands,
      addButtonCommands,
      addLineCommands,
      addPoolCommands,
      addFlowCommands,
      addScheduleCommands,
      addCalendarCommands,
      addAreaCommands,
      addPromptCommands,
      addTrunkCommands,
      addUserCommands,
      addBanCommands,
    ],
  ],
  [
    'Look:',
    [
      addCallCommands,
      addAgentCommands,
      addQueueCommands,
      addVisitCommands,
      addMatchingCommands,
      addRecordingCommands,
      addVoicemailCommands,
      addCallBackCommands,
      addReportCommands,
      addSpendCommands,
      addAttributionCommands,
      addExperimentCommands,
      addAuditCommands,
    ],
  ],
  [
    'People:',
    [
      addPersonCommands,
      addLeadCommands,
      addTagCommands,
      addSpamCommands,
      addFormCommands,
      addAutomationCommands,
    ],
  ],
  ['Other:', [addSimulate, addCompletion, addVersion]],
];

/** The whole command. Errors are thrown, never printed; nothing ends the process. */
export const createProgram = (cli: Cli): Command => {
  const program = new Command('dialtrace')
    .description('Self-hosted call tracking: which ad made the phone ring.')
    .option('--config <path>', 'configuration (default: $DIALTRACE_CONFIG, else config/dialtrace.yaml)')
    .option('--json', 'print data and errors as JSON')
    .version(VERSION, '--version', 'print the version')
    .helpCommand('help [command]', 'help for a command')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => cli.out.line(text.trimEnd()),
      writeErr: (text) => cli.out.note(text.trimEnd()),
      outputError: () => undefined,
    })
    .showSuggestionAfterError()
    .exitOverride();
  for (const [heading, adders] of GROUPS) {
    program.commandsGroup(heading);
    for (const add of adders) add(program, cli);
  }
  return examples(program, [
    'dialtrace start',
    'dialtrace test-call +12025550123',
    'dialtrace calls list --period today',
    'dialtrace report sources --period last-month',
  ]).addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration.');
};
