import type { GroupMember, GroupPlan, StepOf } from '../../config/index.ts';
import type { Layout } from '../layout.ts';
import { AT_ONCE } from '../ring/index.ts';
import type { FlowDefinition, FlowStep } from '../types.ts';
import { andWords, atStep } from './finding.ts';
import type { Finding, LintContext, LintLine } from './types.ts';

/** Mailboxes of telephone companies pick up after this, where nothing else is known. */
const MAILBOX_SECONDS = 25;

type Ringing = FlowStep & { readonly step: StepOf<'dial'> | StepOf<'queue'> };

const isRinging = (here: FlowStep): here is Ringing => here.step.do === 'dial' || here.step.do === 'queue';

const unknownOnes = (
  lines: readonly string[],
  users: readonly string[],
  context: LintContext,
  finding: (rule: Finding['rule'], message: string, mend: string) => Finding,
): readonly Finding[] => [
  ...lines.flatMap((id): readonly Finding[] => {
    if (!context.lines) return [];
    const line = context.lines.get(id);
    if (!line) return [finding('unknown-line', `there is no line ${id}`, 'add it to lines, or name another')];
    return line.hasTrunk
      ? []
      : [
          finding(
            'line-without-trunk',
            `the trunk of the line ${id} is not there`,
            'add it to trunks in dialtrace.yaml, or dial the line through another',
          ),
        ];
  }),
  ...users.flatMap((name) =>
    context.users === undefined || context.users.has(name)
      ? []
      : [finding('unknown-user', `there is no user ${name}`, `add one: dialtrace user add ${name}`)],
  ),
];

const dialTargets = (here: FlowStep & { readonly step: StepOf<'dial'> }): readonly Finding[] => {
  const { lines, users, group, skills } = here.step;
  const named = lines !== undefined || users !== undefined;
  if (!named && group === undefined)
    return [atStep(here, 'error', 'dial-targets', 'it names nobody to ring', 'name lines, users or a group')];
  if (named && group !== undefined)
    return [
      atStep(
        here,
        'error',
        'dial-targets',
        'it names a group beside lines or users',
        'keep one: lines and users can be members of the group',
      ),
    ];
  if (named && skills !== undefined)
    return [
      atStep(
        here,
        'warning',
        'dial-targets',
        'skills count for groups alone',
        'name a group, or leave skills out',
      ),
    ];
  return [];
};

const hasSkills = (member: GroupMember, skills: readonly string[]): boolean =>
  skills.every((skill) => member.skills.includes(skill));

/** As many as ring at once: those of one priority. */
const largestRound = (members: readonly GroupMember[]): number =>
  Math.max(
    0,
    ...members.map(({ priority }) => members.filter((other) => other.priority === priority).length),
  );

const groupUse = (here: Ringing, group: GroupPlan): readonly Finding[] => {
  const skills = here.step.skills ?? [];
  const able = group.members.filter((member) => hasSkills(member, skills));
  if (able.length === 0)
    return [
      atStep(
        here,
        'error',
        'nobody-has-skills',
        `no member of ${group.id} has ${skills.length === 1 ? 'the skill' : 'the skills'} ${andWords(skills)}`,
        'give a member these skills, or ask for fewer',
      ),
    ];
  if (here.step.do === 'queue' || (here.step.strategy ?? group.strategy) !== 'simultaneous') return [];
  return atOnce(here, largestRound(able));
};

const atOnce = (here: Ringing, count: number): readonly Finding[] =>
  count <= AT_ONCE
    ? []
    : [
        atStep(
          here,
          'error',
          'too-many-at-once',
          `${count} would ring at once, and ${AT_ONCE} can`,
          'use another strategy, or give members priorities',
        ),
      ];

const linesUse = (here: FlowStep & { readonly step: StepOf<'dial'> }): readonly Finding[] => {
  const { lines = [], users = [], strategy } = here.step;
  return strategy === 'simultaneous' ? atOnce(here, lines.length + users.length) : [];
};

const mailbox = (here: Ringing, line: LintLine, seconds: number): readonly Finding[] => {
  const { voicemailAfterSeconds: known } = line;
  const tooLong = known === undefined ? seconds > MAILBOX_SECONDS : seconds >= known;
  if (line.type !== 'trunk' || !tooLong) return [];
  return [
    atStep(
      here,
      'warning',
      'own-mailbox',
      `the line ${line.id} rings for ${seconds} s: its own mailbox may pick up first`,
      `ring it for less than ${known ?? MAILBOX_SECONDS} s, or let who picks up press a key (accept)`,
    ),
  ];
};

const mailboxes = (
  here: Ringing,
  group: GroupPlan | undefined,
  { lines }: LintContext,
): readonly Finding[] => {
  const { step } = here;
  // A mailbox presses no key.
  if (step.accept !== undefined) return [];
  const ids = group ? group.members.map(({ line }) => line) : step.do === 'dial' ? (step.lines ?? []) : [];
  const own = step.do === 'dial' ? step.ringSeconds : undefined;
  return ids.flatMap((id) => {
    const line = id === undefined ? undefined : lines?.get(id);
    return line ? mailbox(here, line, own ?? group?.ringSeconds ?? line.ringSeconds) : [];
  });
};

const stepProblems = (
  here: Ringing,
  groups: ReadonlyMap<string, GroupPlan>,
  context: LintContext,
): readonly Finding[] => {
  const group = here.step.group === undefined ? undefined : groups.get(here.step.group);
  const dial = here.step.do === 'dial' ? { ...here, step: here.step } : undefined;
  return [
    ...(dial ? dialTargets(dial) : []),
    ...(dial && !group ? linesUse(dial) : []),
    ...unknownOnes(dial?.step.lines ?? [], dial?.step.users ?? [], context, (...rest) =>
      atStep(here, 'error', ...rest),
    ),
    ...(group ? groupUse(here, group) : []),
    ...mailboxes(here, group, context),
  ];
};

const groupProblems = (flow: string, group: GroupPlan, context: LintContext): readonly Finding[] => {
  const names = group.members.map(({ line, user }) => line ?? `user ${user}`);
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  return [
    ...unknownOnes(
      group.members.flatMap(({ line }) => line ?? []),
      group.members.flatMap(({ user }) => user ?? []),
      context,
      (rule, message, mend) => ({ level: 'error', flow, group: group.id, rule, message, mend }),
    ),
    ...twice.map(
      (name): Finding => ({
        level: 'warning',
        flow,
        group: group.id,
        rule: 'member-twice',
        message: `${name} is a member twice`,
        mend: 'name each member once; give it a weight for a larger share',
      }),
    ),
  ];
};

/** Who is rung: whether they are there, can be rung so, and are not forestalled by their mailboxes. */
export const people = (
  { flow, groups }: FlowDefinition,
  { steps }: Layout,
  context: LintContext,
): readonly Finding[] => {
  const byId = new Map(groups.map((group) => [group.id, group]));
  return [
    ...[...steps.values()].filter(isRinging).flatMap((here) => stepProblems(here, byId, context)),
    ...groups.flatMap((group) => groupProblems(flow.id, group, context)),
  ];
};
