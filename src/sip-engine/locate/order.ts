import type { TransportProtocol } from '../transport/types.ts';
import type { NaptrRecord, SrvRecord } from './names.ts';

const MOST_SERVICES = 8;
const MOST_POINTERS = 6;

/** Takes one record by weight (RFC 2782): the more weight, the likelier; those without weight come when none has any. */
const takeByWeight = (records: SrvRecord[], random: () => number): SrvRecord | undefined => {
  const total = records.reduce((sum, { weight }) => sum + weight, 0);
  let rest = random() * total;
  const at = records.findIndex(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
  return records.splice(Math.max(0, at), 1)[0];
};

/** A target of `.` or nothing says that the service is not offered (RFC 2782). */
export const isOffered = ({ name }: SrvRecord): boolean => name !== '.' && name !== '';

/** Records in the order to be tried (RFC 2782): by priority, among equals drawn by weight. At most eight. */
export const orderServices = (
  records: readonly SrvRecord[],
  random: () => number = Math.random,
): SrvRecord[] => {
  const ordered: SrvRecord[] = [];
  const offered = records.filter(isOffered);
  for (const priority of [...new Set(offered.map((record) => record.priority))].sort((a, b) => a - b)) {
    const equals = offered.filter((record) => record.priority === priority);
    for (let next = takeByWeight(equals, random); next; next = takeByWeight(equals, random)) {
      ordered.push(next);
      if (ordered.length === MOST_SERVICES) return ordered;
    }
  }
  return ordered;
};

/** Protocols of NAPTR services (RFC 3263 4.1, RFC 7118 8.2). */
const PROTOCOLS: Readonly<Record<string, TransportProtocol>> = {
  'SIP+D2U': 'udp',
  'SIP+D2T': 'tcp',
  'SIPS+D2T': 'tls',
  'SIP+D2W': 'ws',
  'SIPS+D2W': 'wss',
};

/** Where a NAPTR record leads: SRV records of a name, for a protocol. */
export type Pointer = { readonly protocol: TransportProtocol; readonly name: string };

/** The NAPTR records that lead to one of `protocols`, in the order to be tried (RFC 3403 4.1). */
export const orderPointers = (
  records: readonly NaptrRecord[],
  protocols: readonly TransportProtocol[],
): Pointer[] =>
  [...records]
    .sort((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap(({ flags, service, regexp, replacement }): Pointer[] => {
      const protocol = PROTOCOLS[service.toUpperCase()];
      if (protocol === undefined || !protocols.includes(protocol)) return [];
      if (flags.toLowerCase() !== 's' || regexp !== '' || replacement === '' || replacement === '.')
        return [];
      return [{ protocol, name: replacement.toLowerCase() }];
    })
    .slice(0, MOST_POINTERS);
