import { addressTagAt, itemEnd, MALFORMED, NO_TAG } from './address.ts';
import { decimalAt, isAll, runEnd, skipBlanks, TOKEN, VALUE } from './characters.ts';
import { ROLE } from './names.ts';
import { withQuotedDisplay, withQuotedDisplays, withTagFirst } from './repair.ts';
import type { Head, Mark, StartLine } from './scan.ts';
import type { HeaderField, MessageCore, ParseLimits, Via } from './types.ts';
import { isUsualAddress, isUsualCallId, usualTag, usualViaAt } from './usual.ts';
import { viaAt, viaToString } from './via.ts';

const MAX_CSEQ = 0x7fff_ffff;

/** What is wrong with a message: the status for a request and a reason phrase free of the sender's text. */
export type Fault = { readonly status: number; readonly reason: string };

/** 400 where nothing else is said. */
export const fault = (reason: string, status = 400): Fault => ({ status, reason });

export const isFault = (value: object): value is Fault => 'status' in value;

/** The headers that may be there once, by role. */
export type Singles = (Mark | undefined)[];

/** Reads all Vias of a line. */
const readViaLine = ({ text, from, end }: Mark): Via[] | undefined => {
  const usual = usualViaAt(text, from, end);
  if (usual !== undefined) return [usual];
  const vias: Via[] = [];
  for (let position = from; position <= end; ) {
    const next = itemEnd(text, position, end);
    const via = viaAt(text, position, next);
    if (!via) return undefined;
    vias.push(via);
    position = next + 1;
  }
  return vias;
};

/** Reads all Via values and gives the top one. */
const readVias = ({ fields, marks }: Head, limits: ParseLimits): Via | Fault => {
  let top: Via | undefined;
  let count = 0;
  for (const mark of marks) {
    if (mark.header.role !== ROLE.via) continue;
    const vias = readViaLine(mark);
    if (!vias) return fault('Malformed Via header');
    top ??= vias[0];
    count += vias.length;
    // Simple readers know the protocol in capitals only.
    if (!mark.text.startsWith('SIP', mark.from)) settle(fields, mark, vias.map(viaToString).join(', '));
  }
  if (count > limits.vias) return fault('Too many Via headers');
  return top ?? fault('Missing Via header');
};

/** Puts a repaired value into its place. */
const settle = (fields: HeaderField[], { index }: Mark, value: string): void => {
  const field = fields[index];
  if (field !== undefined && field.value !== value) fields[index] = { ...field, value };
};

/** Call-IDs end up in lines parted by `|` and blanks; neither they nor anything above ASCII may be in
 * them (RFC 3261 25.1 `callid`). */
const isCallId = ({ text, from, end }: Mark): boolean => {
  if (isUsualCallId(text, from, end)) return true;
  for (let position = from; position < end; position += 1) {
    const code = text.charCodeAt(position);
    if (code <= 0x20 || code === 0x7c || code >= 0x7f) return false;
  }
  return end > from;
};

const readCSeq = ({ text, from, end }: Mark): MessageCore['cseq'] | undefined => {
  const digits = runEnd(text, from, end, TOKEN);
  const number = decimalAt(text, from, digits, MAX_CSEQ);
  const method = text.slice(skipBlanks(text, digits, end), end);
  return number === undefined || !isAll(method, TOKEN) ? undefined : { number, method };
};

/** Whether simple readers see the same tag at once: a name in quotes or none, the tag first and last of the parameters. */
const isPlainParty = ({ text, from, end }: Mark, tag: number, tagEnd: number): boolean => {
  const first = text.charCodeAt(from);
  if (first !== 0x3c && first !== 0x22) return false;
  return tag < 0 || (tagEnd === end && text.charCodeAt(tag - 6) === 0x3e);
};

/** From or To of a response with the first of its tags only: some user agents add theirs to the one that is there. */
const withFirstTag = ({ text, from, end, ...rest }: Mark): Mark => {
  const close = text.lastIndexOf('>', end);
  const head = text.slice(from, close + 1);
  let seen = false;
  const parameters = text
    .slice(from + head.length, end)
    .split(';')
    .filter((parameter) => {
      const again = seen;
      const isTag = /^\s*tag\s*=/i.test(parameter);
      seen ||= isTag;
      return !isTag || !again;
    });
  const repaired = head + parameters.join(';');
  return { ...rest, text: repaired, from: 0, end: repaired.length };
};

type Kind = StartLine['kind'];

/** Reads From or To and gives its tag, `''` without one. */
const readParty = (
  fields: HeaderField[],
  given: Mark | undefined,
  name: string,
  kind: Kind,
): string | Fault => {
  if (given === undefined) return fault(`Missing ${name} header`);
  const usual = usualTag(given.text, given.from, given.end);
  if (usual !== undefined) return usual;
  const sound = addressTagAt(given.text, given.from, given.end) !== MALFORMED;
  const mark = sound || kind === 'request' ? given : withFirstTag(given);
  const { text, from, end } = mark;
  const tag = addressTagAt(text, from, end);
  if (tag === MALFORMED) return fault(`Malformed ${name} header`);
  if (!sound) settle(fields, mark, text);
  // A tag is a token and nothing else: quotes would make two spellings of one.
  const tagEnd = tag === NO_TAG ? end : runEnd(text, tag, end, VALUE);
  if (tag !== NO_TAG && (tagEnd === tag || runEnd(text, tag, end, TOKEN) !== tagEnd))
    return fault(`Malformed ${name} header`);
  if (!isPlainParty(mark, tag, tagEnd))
    settle(fields, mark, withTagFirst(withQuotedDisplay(text.slice(from, end))));
  return tag === NO_TAG ? '' : text.slice(tag, tagEnd);
};

/** Reads what each message is matched by, and repairs From, To and Via where simple readers would not see the same. */
export const readCore = (
  head: Head,
  singles: Singles,
  limits: ParseLimits,
  kind: Kind,
): MessageCore | Fault => {
  const via = readVias(head, limits);
  if (isFault(via)) return via;
  const fromTag = readParty(head.fields, singles[ROLE.from], 'From', kind);
  if (typeof fromTag !== 'string') return fromTag;
  const toTag = readParty(head.fields, singles[ROLE.to], 'To', kind);
  if (typeof toTag !== 'string') return toTag;
  const callId = singles[ROLE.callId];
  if (callId === undefined) return fault('Missing Call-ID header');
  if (!isCallId(callId)) return fault('Malformed Call-ID header');
  const cseqMark = singles[ROLE.cseq];
  if (cseqMark === undefined) return fault('Missing CSeq header');
  const cseq = readCSeq(cseqMark);
  if (!cseq) return fault('Malformed CSeq header');
  return { callId: callId.text.slice(callId.from, callId.end), fromTag, toTag, cseq, via };
};

const areAddresses = ({ text, from, end }: Mark): boolean => {
  for (let position = from; position <= end; ) {
    const next = itemEnd(text, position, end);
    if (addressTagAt(text, position, next) === MALFORMED) return false;
    position = next + 1;
  }
  return true;
};

/** Whether the value of a Contact, Route or Record-Route is sound. */
const isSoundAddresses = (mark: Mark, method: string): boolean => {
  const { header, text, from, end } = mark;
  if (end === from + 1 && text.charCodeAt(from) === 0x2a)
    return header.key === 'contact' && method === 'REGISTER';
  return areAddresses(mark);
};

/** Checks all addresses and gives the first that is unsound; those of a response are left out instead. */
export const checkAddresses = ({ fields, marks }: Head, kind: Kind, method: string): string | undefined => {
  const unsound: Mark[] = [];
  for (const mark of marks) {
    if (mark.header.role !== ROLE.address) continue;
    const { text, from, end } = mark;
    if (isUsualAddress(text, from, end)) continue;
    if (isSoundAddresses(mark, method)) settle(fields, mark, withQuotedDisplays(text.slice(from, end)));
    else unsound.push(mark);
  }
  if (kind === 'request') return unsound[0]?.header.name;
  for (const { index } of unsound.reverse()) fields.splice(index, 1);
  return undefined;
};
