import type { SipRequest } from '../message/types.ts';

/** A sign by which a scanner gives itself away. */
type Sign = {
  /** What it is the sign of. */
  readonly of: string;
  /** User-Agent begins with this word, in any case. `sipcli` does not match `sipclient`. */
  readonly agent?: string;
  /** From or To names this: `user@host` or a user or display name. */
  readonly address?: string;
};

/**
 * Tools that look for open servers and weak passwords. Some are an administrator's tools as well (sipsak, sipcli, nmap):
 * run them from a known or trusted address, or against an engine without a wall. Soft phones and stacks that scanners
 * merely pretend to be (eyeBeam, Zoiper, PortSIP …) don't belong here.
 */
const SIGNS: readonly Sign[] = [
  { of: 'SIPVicious (svmap, svwar, svcrack)', agent: 'friendly-scanner' },
  { of: 'SIPVicious', agent: 'sipvicious' },
  { of: 'SIPVicious', address: 'sipvicious' },
  { of: 'SIPVicious, renamed', agent: 'friendly-request' },
  { of: 'SIPVicious, renamed', agent: 'sundayddr' },
  { of: 'SIPVicious, renamed', agent: 'sipv' },
  { of: 'sip-scan', agent: 'sip-scan' },
  { of: 'sip-scan', agent: 'sipscan' },
  { of: 'sipcli, a dialler for toll fraud', agent: 'sipcli' },
  { of: 'sipcli', agent: 'sip-cli' },
  { of: 'sipsak', agent: 'sipsak' },
  { of: 'toll-fraud diallers on VaxSIP', agent: 'VaxSIPUserAgent' },
  { of: 'toll-fraud diallers on VaxSIP', agent: 'VaxIPUserAgent' },
  { of: 'pplsip', agent: 'pplsip' },
  { of: 'iWar', agent: 'iWar' },
  { of: 'smap', agent: 'smap' },
  { of: 'SIVuS', agent: 'SIVuS' },
  { of: 'SIP Army Knife', agent: 'siparmyknife' },
  { of: 'Mr.SIP', agent: 'Mr.SIP' },
  { of: 'nmap, probe SIPOptions', address: 'nm@nm' },
  { of: 'nmap, probe SIPOptions', address: 'nm2@nm2' },
];

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

const either = (words: readonly (string | undefined)[]): string =>
  words.flatMap((word) => (word === undefined ? [] : [escaped(word)])).join('|');

const AGENT = new RegExp(`^"?(?:${either(SIGNS.map(({ agent }) => agent))})(?![a-z])`, 'i');
const ADDRESS = new RegExp(
  `(?:^"?|[:<"])(?:${either(SIGNS.map(({ address }) => address))})(?=["@;>\\s]|$)`,
  'i',
);

/** Whether a request bears the sign of a scanner: its User-Agent, or who it says it is from or to. */
export const isScanner = ({ headers }: SipRequest): boolean => {
  for (const { key, value } of headers) {
    if (key === 'user-agent' && AGENT.test(value)) return true;
    if ((key === 'from' || key === 'to') && ADDRESS.test(value)) return true;
  }
  return false;
};
