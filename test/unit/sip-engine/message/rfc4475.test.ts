import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_LIMITS,
  headerValue,
  headerValues,
  parseMessage,
  parseNameAddress,
  parseVia,
  type SipMessage,
} from '../../../../src/sip-engine/message/index.ts';

const folder = new URL('../../../fixtures/rfc4475/', import.meta.url);
const read = (name: string): Buffer => readFileSync(new URL(`${name}.dat`, folder));

/** What becomes of each message here, by the sections of RFC 4475. `pass` goes up, where 416, 420, 483 … may follow. */
const VERDICTS: Readonly<Record<string, 'pass' | 'drop' | number>> = {
  // 3.1.1 valid messages
  wsinv: 'pass',
  intmeth: 'pass',
  esc01: 'pass',
  escnull: 'pass',
  esc02: 'pass',
  lwsdisp: 'pass',
  longreq: 'pass',
  dblreq: 'pass',
  semiuri: 'pass',
  transports: 'pass',
  mpart01: 'pass',
  unreason: 'pass',
  noreason: 'pass',
  // 3.1.2 invalid messages
  badinv01: 400,
  clerr: 400,
  ncl: 400,
  scalar02: 400,
  scalarlg: 'drop',
  quotbal: 400,
  ltgtruri: 400,
  lwsruri: 400,
  lwsstart: 400,
  trws: 400,
  escruri: 400,
  baddate: 400,
  regbadct: 400,
  badaspec: 400,
  baddn: 400,
  badvers: 505,
  mismatch01: 400,
  mismatch02: 400,
  bigcode: 'drop',
  // 3.2 transaction layer, 3.3 application layer
  badbranch: 'pass',
  insuf: 400,
  unkscm: 'pass',
  novelsc: 'pass',
  unksm2: 'pass',
  bext01: 'pass',
  invut: 'pass',
  regaut01: 'pass',
  multi01: 400,
  mcl01: 400,
  bcast: 'pass',
  zeromf: 'pass',
  cparam01: 'pass',
  cparam02: 'pass',
  regescrt: 'pass',
  sdp01: 'pass',
  // 3.4 backward compatibility
  inv2543: 'pass',
};

const verdict = (name: string): 'pass' | 'drop' | number => {
  const result = parseMessage(read(name));
  if (result.ok) return 'pass';
  return result.action === 'drop' ? 'drop' : result.status;
};

const passed = (name: string, limits = DEFAULT_LIMITS): SipMessage => {
  const result = parseMessage(read(name), limits);
  if (!result.ok) throw new Error(`${name}: ${result.reason}`);
  return result.message;
};

describe('RFC 4475 torture messages', () => {
  it('has a verdict for all 49', () => {
    const names = readdirSync(folder).map((file) => file.replace('.dat', ''));
    expect(Object.keys(VERDICTS).sort()).toEqual(names.sort());
    expect(names).toHaveLength(49);
  });

  it.each(Object.entries(VERDICTS))('%s: %s', (name, expected) => {
    expect(verdict(name)).toBe(expected);
  });

  it('reads the tortuous INVITE through its folds, blanks and compact names', () => {
    const message = passed('wsinv');
    expect(message).toMatchObject({
      kind: 'request',
      core: { callId: 'wsinv.ndaksdj@192.0.2.1', cseq: { number: 9, method: 'INVITE' }, fromTag: '98asjd8' },
    });
    expect(message.core.toTag).toBe('1918181833n');
    expect(message.core.via).toMatchObject({ transport: 'UDP', host: '192.0.2.2', branch: '390skdjuw' });
    const vias = headerValues(message, 'via').map((value) => parseVia(value)?.branch);
    expect(vias).toEqual(['390skdjuw', 'z9hG4bK9ikj8', 'z9hG4bK30239']);
    expect(headerValue(message, 'newfangledheader')).toBe('newfangled value continued newfangled value');
    expect(headerValue(message, 'subject')).toBe('');
    expect(parseNameAddress(headerValue(message, 'from') ?? '')?.display).toBe('J Rosenberg \\"');
    const contact = parseNameAddress(headerValue(message, 'contact') ?? '');
    expect(contact?.display).toBe('Quoted string ""');
    expect(contact?.parameters.get('newparam')).toBe('newvalue');
    expect(contact?.parameters.get('q')).toBe('0.33');
    expect(message.body).toHaveLength(150);
  });

  it('reads unusual but legal characters', () => {
    const message = passed('intmeth');
    expect(message).toMatchObject({ method: "!interesting-Method0123456789_*+`.%indeed'~" });
    const from = parseNameAddress(headerValue(message, 'from') ?? '');
    expect(from?.display).toBe("token1~` token2'+_ token3*%!.-");
    expect(message.core.fromTag).toBe("_token~1'+`*%!-.");
    expect(headerValue(message, "extensionheader-!.%*+_`'~")).toBeUndefined();
  });

  it('takes an escaped header name for an unknown header', () => {
    expect(headerValues(passed('esc02'), 'contact')).toHaveLength(2);
  });

  it('cuts what follows the first message of a datagram', () => {
    const message = passed('dblreq');
    expect(message).toMatchObject({ kind: 'request', method: 'REGISTER' });
    expect(message.body).toHaveLength(0);
  });

  it('keeps a user part with a semicolon and a parameter of an addr-spec apart', () => {
    const message = passed('cparam01');
    const contact = parseNameAddress(headerValue(message, 'contact') ?? '');
    expect(contact?.parameters.has('unknownparam')).toBe(true);
    const inside = parseNameAddress(headerValue(passed('cparam02'), 'contact') ?? '');
    expect(inside?.uri.parameters.has('unknownparam')).toBe(true);
  });

  it('reads the long request with its 34 Vias', () => {
    const message = passed('longreq');
    expect(headerValues(message, 'via')).toHaveLength(34);
    expect(message.core.via.host).toBe('sip33.example.com');
  });

  it('reads a binary multipart body byte by byte', () => {
    const message = passed('mpart01');
    expect(message.body).toHaveLength(553);
    expect(message.body.equals(read('mpart01').subarray(-553))).toBe(true);
  });

  it('reads an RFC 2543 request without branch, tag and length', () => {
    const message = passed('inv2543');
    expect(message.core).toMatchObject({ fromTag: '', toTag: '' });
    expect(message.core.via.branch).toBe('');
    expect(message.body.length).toBeGreaterThan(50);
  });

  it('gives what there is for a response to a request without From, To and Call-ID', () => {
    const result = parseMessage(read('insuf'));
    expect(result).toMatchObject({ ok: false, action: 'reject', request: { method: 'INVITE' } });
    if (result.ok || result.action !== 'reject') return;
    expect(result.request.headers.map((field) => field.key)).toEqual(['cseq', 'via']);
  });
});
