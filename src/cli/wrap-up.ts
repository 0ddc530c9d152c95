import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../base/errors.ts';
import type { GatewayConfig } from '../config/index.ts';
import { type CallView, callRow, callView, MICROS } from '../reports/index.ts';
import type { CallDetail, CallRepository, Store, WrapUpTable } from '../store/index.ts';
import { afterWrapUp } from '../tracking/index.ts';
import { formatMoney } from './format.ts';
import { examples } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

type Money = { readonly amount: number; readonly currency: string };

type WrapUpOptions = {
  readonly disposition?: string;
  readonly tag?: readonly string[];
  readonly note?: string;
  readonly value?: Money | 'none';
  readonly user: string;
};

const MOST_TAGS = 20;
const MOST_VALUE = 1_000_000_000;

/** `250 EUR` */
const parseValue = (text: string): Money | 'none' => {
  if (text === 'none') return 'none';
  const [, amount, currency] = /^(\d+(?:\.\d{1,6})?) ?([A-Z]{3})$/.exec(text.trim()) ?? [];
  if (currency !== undefined && Number(amount) <= MOST_VALUE) return { amount: Number(amount), currency };
  throw new InvalidArgumentError('Write it as "250 EUR", or "none".');
};

const parseTag = (text: string, before: readonly string[] = []): readonly string[] => {
  const tag = text.trim();
  if (tag === '' || tag.length > 40 || /\p{Cc}/u.test(tag))
    throw new InvalidArgumentError('Use words of up to 40 characters.');
  if (before.length >= MOST_TAGS) throw new InvalidArgumentError(`A call has at most ${MOST_TAGS} tags.`);
  return [...new Set([...before, tag])];
};

const parseNote = (text: string): string => {
  if (text.length <= 2000) return text.trim();
  throw new InvalidArgumentError('Use up to 2000 characters.');
};

const dispositionOf = (wanted: string, { phone }: GatewayConfig): string | null => {
  if (wanted === 'none') return null;
  if (phone.dispositions.includes(wanted)) return wanted;
  throw new UsageError(
    `“${wanted}” is not among phone.dispositions of dialtrace.yaml: ${phone.dispositions.join(', ')}`,
  );
};

/** What is not named stays as it was noted before. */
const changed = (
  { id, before }: { readonly id: string; readonly before: WrapUpTable | undefined },
  options: WrapUpOptions,
  session: Session,
  { vault }: Pick<Store, 'vault'>,
): WrapUpTable => {
  const { disposition, tag, note, value } = options;
  const money = value === 'none' ? undefined : value;
  return {
    disposition: null,
    tags: '[]',
    note_encrypted: null,
    value_micros: null,
    value_currency: null,
    ...before,
    ...(disposition !== undefined && { disposition: dispositionOf(disposition, session.config()) }),
    ...(tag !== undefined && { tags: JSON.stringify(tag) }),
    ...(note !== undefined && { note_encrypted: note === '' ? null : vault.sealNote(note) }),
    ...(value !== undefined && {
      value_micros: money ? Math.round(money.amount * MICROS) : null,
      value_currency: money?.currency ?? null,
    }),
    call_id: id,
    user: options.user,
    at: session.now(),
  };
};

/** A wrap-up in words; undefined when nothing was noted. */
export const wrapUpWords = ({ wrapUp }: Pick<CallView, 'wrapUp'>): string | undefined => {
  if (wrapUp === null) return undefined;
  const parts = [
    wrapUp.disposition,
    wrapUp.tags.length > 0 ? `tags ${wrapUp.tags.join(', ')}` : null,
    wrapUp.value && formatMoney(wrapUp.value.amount, wrapUp.value.currency),
    wrapUp.note === null ? null : `“${wrapUp.note}”`,
  ].filter((part) => part !== null);
  return `${parts.join(', ') || 'nothing'} (${wrapUp.user})`;
};

type Find = (calls: CallRepository, id: string) => Promise<CallDetail>;

/** @param find looks a call up by its id or `last` */
export const addWrapUp = (group: Command, cli: Cli, find: Find): void => {
  const command = group
    .command('wrap-up')
    .description('Note what a call was, as its agent does after it. What is not named stays.')
    .argument('<call>', 'call id, or "last"')
    .option('--disposition <word>', 'one of phone.dispositions; "none" unsets')
    .option('--tag <words>', 'a tag; may be given again, and takes the place of all earlier ones', parseTag)
    .option('--note <text>', 'a note, which is kept encrypted; empty for none', parseNote)
    .option('--value <money>', 'what it was worth: "250 EUR", "none"', parseValue)
    .option('--user <name>', 'who says so', 'command')
    .action(
      act<[string, WrapUpOptions]>(cli, (session, id, options) =>
        session.withStore('write', async (store) => {
          const { disposition, tag, note, value } = options;
          if ([disposition, tag, note, value].every((given) => given === undefined))
            throw new UsageError('Name what is to be noted: --disposition, --tag, --note, --value');
          const { call, wrapUp } = await find(store.calls, id);
          await store.wrapUps.save(changed({ id: call.id, before: wrapUp }, options, session, store));
          await store.exclusively((file) => afterWrapUp(file, call.id, { at: session.now() }));
          const view = callView(callRow(await find(store.calls, call.id)), store.vault);
          if (session.json) return session.out.json(view.wrapUp);
          session.out.line(`${call.id}: ${wrapUpWords(view) ?? ''}`);
        }),
      ),
    );
  examples(command, [
    'dialtrace calls wrap-up last --disposition sale --value "250 EUR"',
    'dialtrace calls wrap-up 01K9ZJ3V8Q4N7M2T5B6C8D9EFG --tag "call back" --tag roof',
  ]);
};
