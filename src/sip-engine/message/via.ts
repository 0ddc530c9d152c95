import { parametersAt } from './address.ts';
import { decimalAt, HOST, runEnd, skipBlanks, TOKEN } from './characters.ts';
import type { Via } from './types.ts';
import { bareHost, hostEnd, hostForWire, parametersToString } from './uri.ts';

const PROTOCOL = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*/i;

const protocolEnd = (text: string, from: number, end: number): number => {
  if (text.startsWith('SIP/2.0/', from)) return from + 8;
  const found = PROTOCOL.exec(text.slice(from, end))?.[0];
  return found === undefined ? -1 : from + found.length;
};

/** `parseVia` between two positions, blanks around it allowed. */
export const viaAt = (text: string, from: number, end: number): Via | undefined => {
  const afterProtocol = protocolEnd(text, skipBlanks(text, from, end), end);
  if (afterProtocol < 0) return undefined;
  const transportStart = skipBlanks(text, afterProtocol, end);
  const transportEnd = runEnd(text, transportStart, end, TOKEN);
  const hostStart = skipBlanks(text, transportEnd, end);
  if (transportEnd === transportStart || hostStart === transportEnd) return undefined;
  const afterHost = hostEnd(text, hostStart, end);
  if (afterHost < 0) return undefined;
  let position = skipBlanks(text, afterHost, end);
  let port: number | undefined;
  if (position < end && text.charCodeAt(position) === 0x3a) {
    const portStart = skipBlanks(text, position + 1, end);
    position = runEnd(text, portStart, end, HOST);
    port = decimalAt(text, portStart, position, 65_535);
    if (port === undefined) return undefined;
  }
  const parameters = parametersAt(text, position, end, 'branch');
  if (!parameters) return undefined;
  return {
    transport: text.slice(transportStart, transportEnd).toUpperCase(),
    host: bareHost(text.slice(hostStart, afterHost)),
    port,
    branch: parameters.get('branch') ?? '',
    parameters,
  };
};

/**
 * Reads one Via value (RFC 3261 20.42), blanks wherever the grammar allows them. A missing branch is `''`.
 *
 * @returns undefined when malformed, of another SIP version, or more than one value
 */
export const parseVia = (text: string): Via | undefined => viaAt(text, 0, text.length);

/** The text of a Via value; `branch` is taken from the parameters. */
export const viaToString = (via: Omit<Via, 'branch'>): string => {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${hostForWire(via.host)}${port}${parametersToString(via.parameters)}`;
};
