import type { CallView } from '../reports/index.ts';
import { formatDuration, formatTime } from './format.ts';
import type { Output } from './output.ts';
import type { Colour, Paint } from './style.ts';

const STATUS_COLOURS: Readonly<Partial<Record<CallView['status'], Colour>>> = {
  answered: 'green',
  in_progress: 'cyan',
  no_answer: 'yellow',
  busy: 'yellow',
  cancelled: 'yellow',
  interrupted: 'red',
  failed: 'red',
  unreachable: 'red',
};

/** A call's outcome in words and its colour. */
export const statusText = (status: CallView['status'], paint: Paint): string => {
  const colour = STATUS_COLOURS[status];
  const words = status.replaceAll('_', ' ');
  return colour === undefined ? words : paint(colour, words);
};

/** The caller as people see it. */
export const callerText = (call: CallView): string => call.caller ?? (call.anonymous ? 'anonymous' : '–');

export const CALL_HEAD = [
  'ID',
  'Time',
  'Caller',
  'Number',
  'Source',
  'Status',
  'Talk',
  'Line',
  'Recording',
] as const;

/** A call as a row of the call log. */
export const callCells = (call: CallView, paint: Paint, zone?: string): string[] => [
  call.id,
  formatTime(call.startedAt, zone),
  callerText(call) + (call.firstCall === true ? ' (first)' : ''),
  call.did ?? '–',
  call.source?.name ?? '–',
  statusText(call.status, paint) + (call.test ? paint('dim', ' test') : ''),
  call.status === 'in_progress' ? '–' : formatDuration(call.talkMs),
  call.lineId ?? '–',
  call.recording?.path ?? '–',
];

/** The call log as a table. */
export const printCalls = (out: Output, calls: readonly CallView[], zone?: string): void =>
  out.table(
    CALL_HEAD,
    calls.map((call) => callCells(call, out.paint, zone)),
    [6],
  );
