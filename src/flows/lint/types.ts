/** What lint knows of a line. */
export type LintLine = {
  readonly id: string;
  /** `trunk`: a telephone number, which may have a mailbox of its own. */
  readonly type: 'trunk' | 'sip' | 'user' | 'echo';
  readonly ringSeconds: number;
  /** Whether the trunk that it is dialled through is there; true for lines that need none. */
  readonly hasTrunk: boolean;
  /** After so long its own mailbox picks up; undefined: not known. */
  readonly voicemailAfterSeconds?: number | undefined;
};

/** What there is besides the flow. What is undefined is not known, and not checked. */
export type LintContext = {
  readonly lines?: ReadonlyMap<string, LintLine> | undefined;
  /** Names of users. */
  readonly users?: ReadonlySet<string> | undefined;
  /** Prompts and the languages that each is there in, the shipped ones among them. */
  readonly prompts?: ReadonlyMap<string, readonly string[]> | undefined;
};

export type LintRule =
  | 'missing-step'
  | 'missing-flow'
  | 'missing-group'
  | 'missing-schedule'
  | 'unreachable'
  | 'circle'
  | 'menu-otherwise'
  | 'dead-end'
  | 'dial-targets'
  | 'unknown-line'
  | 'unknown-user'
  | 'line-without-trunk'
  | 'too-many-at-once'
  | 'nobody-has-skills'
  | 'own-mailbox'
  | 'member-twice'
  | 'schedule-never-open'
  | 'schedule-overlap'
  | 'schedule-gap'
  | 'no-choice'
  | 'missing-prompt'
  | 'prompt-language'
  | 'early-after-answer'
  | 'record-without-consent'
  | 'unknown-variable'
  | 'sensitive-variable'
  | 'no-shares'
  | 'digits'
  | 'keys'
  | 'case-never-reached'
  | 'prefix';

/** One thing that lint tells of a flow. */
export type Finding = {
  /** `error`: the flow can't do what it says. `warning`: it can, and it is probably not meant. */
  readonly level: 'error' | 'warning';
  /** Id of the flow that it stands in; for a group or schedule the one that uses it. */
  readonly flow: string;
  /** Its name in that flow. */
  readonly step?: string;
  /** Id of the group or schedule that is wrong in itself. */
  readonly group?: string;
  readonly schedule?: string;
  readonly rule: LintRule;
  /** What is wrong, without a full stop: `next leads to sales, and there is no such step`. */
  readonly message: string;
  /** What to write instead. */
  readonly mend: string;
};
