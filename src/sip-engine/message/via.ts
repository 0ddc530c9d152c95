import { parseHeaderParameters } from './address.ts';
import { HOST, parseDecimal, runEnd, skipBlanks, TOKEN } from './characters.ts';
import type { Via } from './types.ts';
import { bareHost, hostEnd, hostForWire, parametersToString } from './uri.ts';

const PROTOCOL = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*/i;

const protocolEnd = (text: string): number =>
  text.startsWith('SIP/2.0/') ? 8 : (PROTOCOL.exec(text)?.[0].length ?? -1);

/**
 * Reads one Via value (RFC 3261 20.42), blanks wherever the grammar allows them. A missing branch is `''`.
 *
 * @returns undefined when malformed, of another SIP version, or more than one value
 */
export const parseVia = (text: string): Via | undefined => {
  const afterProtocol = protocolEnd(text);
  if (afterProtocol < 0) return undefined;
  const transportStart = skipBlanks(text, afterProtocol, text.length);
  const transportEnd = runEnd(text, transportStart, text.length, TOKEN);
  const hostStart = skipBlanks(text, transportEnd, text.length);
  if (transportEnd === transportStart || hostStart === transportEnd) return undefined;
  const afterHost = hostEnd(text, hostStart);
  if (afterHost < 0) return undefined;
  let position = skipBlanks(text, afterHost, text.length);
  let port: number | undefined;
  if (text.charCodeAt(position) === 0x3a) {
    const portStart = skipBlanks(text, position + 1, text.length);
    position = runEnd(text, portStart, text.length, HOST);
    port = parseDecimal(text.slice(portStart, position), 65_535);
    if (port === undefined) return undefined;
  }
  const parameters = parseHeaderParameters(text, position);
  if (!parameters) return undefined;
  return {
    transport: text.slice(transportStart, transportEnd).toUpperCase(),
    host: bareHost(text.slice(hostStart, afterHost)),
    port,
    branch: parameters.get('branch') ?? '',
    parameters,
  };
};

/** The text of a Via value; `branch` is taken from the parameters. */
export const viaToString = (via: Omit<Via, 'branch'>): string => {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${hostForWire(via.host)}${port}${parametersToString(via.parameters)}`;
};
