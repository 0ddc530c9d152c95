import type { Command } from 'commander';
import { z } from 'zod';
import { FailureError, UsageError } from '../base/errors.ts';
import { type AgentView, agentViewSchema } from '../reports/index.ts';
import { formatTime } from './format.ts';
import { findGatewayApi } from './gateway-api.ts';
import { addZoneOption, examples, oneLine } from './options.ts';
import { act, type Cli, type Session } from './session.ts';
import type { Colour } from './style.ts';

const answerSchema = z.object({ agents: z.array(agentViewSchema) });

const COLOURS = {
  ready: 'green',
  busy: 'yellow',
  'wrap-up': 'yellow',
  away: 'red',
  offline: 'dim',
} as const satisfies Readonly<Record<AgentView['state'], Colour>>;

const noSuchUser = (name: string): UsageError =>
  new UsageError(`There is no user ${name}: \`dialtrace user list\` shows them`);

/** Without a gateway nobody has a phone that could be called. */
const storedAgents = (session: Session): Promise<readonly AgentView[]> =>
  session.withStore('read', async (store) =>
    (await store.agents.list())
      .filter(({ disabled }) => disabled === 0)
      .map(({ name, display, missed, away_reason }) => ({
        name,
        display,
        state: 'offline',
        since: null,
        until: null,
        reason: away_reason,
        missed,
        calls: 0,
      })),
  );

const askAgents = async (session: Session): Promise<readonly AgentView[]> => {
  const api = await findGatewayApi(session.config());
  if (api === undefined) {
    if (!session.json) session.out.note('The gateway is not running: nobody can be called.');
    return storedAgents(session);
  }
  const answer = answerSchema.safeParse(await api.ask('GET', '/v1/agents'));
  if (!answer.success) throw new FailureError('The gateway answers as another version does: restart it.');
  return answer.data.agents;
};

const list = async (session: Session, { zone }: { readonly zone?: string }): Promise<void> => {
  const { out, json } = session;
  const agents = await askAgents(session);
  if (json) return out.json(agents);
  if (agents.length === 0)
    return out.line('There are no agents: users take calls, see `dialtrace user add --help`.');
  out.table(
    ['Name', 'Display', 'State', 'Since', 'Until', 'Calls', 'Missed', 'Reason'],
    agents.map(({ name, display, state, since, until, calls, missed, reason }) => [
      name,
      display,
      out.paint(COLOURS[state], state),
      formatTime(since, zone),
      formatTime(until, zone),
      calls,
      missed,
      reason,
    ]),
    [5, 6],
  );
};

const setReady = async (session: Session, name: string, ready: boolean, reason?: string): Promise<void> => {
  const api = await findGatewayApi(session.config());
  if (api === undefined) {
    const why = ready ? null : (reason ?? 'set away by a supervisor');
    const known = await session.withStore('write', (store) =>
      store.agents.setReady(name, ready ? 1 : 0, why, session.now()),
    );
    if (!known) throw noSuchUser(name);
  } else {
    const body = { ready, ...(reason !== undefined && { reason }) };
    await api.ask('POST', `/v1/agents/${encodeURIComponent(name)}/ready`, body);
  }
  if (session.json) session.out.json({ name, ready });
  else session.out.line(ready ? `${name} takes calls.` : `${name} takes no calls until told otherwise.`);
};

export const addAgentCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('agent')
    .summary('who takes calls now')
    .description('Agents: users as those who take calls. Who can take one now, and why not.');
  addZoneOption(group.command('list').description('Show every agent with its state.')).action(
    act<[{ zone?: string }]>(cli, list),
  );
  group
    .command('ready')
    .description('Let an agent take calls; missed ones are counted anew, a wrap-up ends.')
    .argument('<name>')
    .action(act<[string]>(cli, (session, name) => setReady(session, name, true)));
  const away = group
    .command('away')
    .description('Let an agent take no calls until it, or somebody else, says otherwise.')
    .argument('<name>')
    .option('--reason <text>', 'why; the agent sees it', oneLine)
    .action(
      act<[string, { reason?: string }]>(cli, (session, name, { reason }) =>
        setReady(session, name, false, reason || undefined),
      ),
    );
  examples(away, ['dialtrace agent away alice', 'dialtrace agent away alice --reason "training until noon"']);
};
