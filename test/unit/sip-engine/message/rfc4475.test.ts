import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  headerValue,
  headerValues,
  parseMessage,
  parseNameAddress,
  parseUri,
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

/** Why those that are refused are: what the RFC says is wrong with them, and nothing else. */
const REASONS: Readonly<Record<string, string>> = {
  badinv01: 'Malformed Via header',
  clerr: 'Body shorter than Content-Length',
  ncl: 'Malformed Content-Length header',
  scalar02: 'Malformed CSeq header',
  scalarlg: 'Malformed CSeq header',
  quotbal: 'Malformed To header',
  ltgtruri: 'Malformed Request-URI',
  lwsruri: 'Malformed Request-URI',
  lwsstart: 'Malformed Request-URI',
  trws: 'Malformed Request-Line',
  escruri: 'Malformed Request-URI',
  baddate: 'Malformed Date header',
  regbadct: 'Malformed Contact header',
  badaspec: 'Malformed To header',
  // The file lacks the empty line too; see below.
  baddn: 'Missing empty line',
  badvers: 'Version Not Supported',
  mismatch01: 'CSeq method does not match',
  mismatch02: 'CSeq method does not match',
  bigcode: 'Not a SIP message',
  insuf: 'Missing From header',
  multi01: 'Repeated cseq header',
  mcl01: 'Repeated content-length header',
};

const verdict = (name: string): 'pass' | 'drop' | number => {
  const result = parseMessage(read(name));
  if (result.ok) return 'pass';
  return result.action === 'drop' ? 'drop' : result.status;
};

const passed = (name: string): SipMessage => {
  const result = parseMessage(read(name));
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

  it('refuses what it refuses for the right reason', () => {
    const reasons = Object.keys(VERDICTS).flatMap((name) => {
      const result = parseMessage(read(name));
      return result.ok ? [] : [[name, result.reason]];
    });
    expect(Object.fromEntries(reasons)).toEqual(REASONS);
  });

  it('refuses 19 of section 3.1.2, and none of the valid ones', () => {
    const names = Object.keys(VERDICTS);
    const invalid = names.slice(names.indexOf('badinv01'), names.indexOf('badbranch'));
    expect(invalid).toHaveLength(19);
    expect(invalid.filter((name) => verdict(name) === 'pass')).toEqual([]);
    expect(names.slice(0, 13).filter((name) => verdict(name) !== 'pass')).toEqual([]);
  });

  it('refuses a display name that is no token for its own sake', () => {
    const result = parseMessage(Buffer.concat([read('baddn'), Buffer.from('\r\n')]));
    expect(result).toMatchObject({ status: 400, reason: 'Malformed From header' });
  });

  it('can do without what is malformed in the others', () => {
    const repaired = (name: string, from: string | RegExp, to: string) =>
      parseMessage(Buffer.from(read(name).toString('latin1').replace(from, to), 'latin1'));
    expect(repaired('badinv01', ';;,;,,', '')).toMatchObject({ reason: 'Malformed Contact header' });
    expect(repaired('scalar02', /^(CSeq: )\d+/m, '$18').ok).toBe(false);
    expect(repaired('baddate', 'EST', 'GMT').ok).toBe(true);
    expect(repaired('regbadct', /(sip:user@\S+)/, '<$1>').ok).toBe(false);
    expect(repaired('mismatch01', /^CSeq: 8 \S+/m, 'CSeq: 8 OPTIONS').ok).toBe(true);
    expect(repaired('badaspec', '< sip:t.watson@example.org >', '<sip:t.watson@example.org>').ok).toBe(true);
    expect(repaired('quotbal', '"Mr. J. User', '"Mr. J. User"').ok).toBe(true);
    expect(repaired('escruri', /\?Route=\S+/, '').ok).toBe(true);
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

  it('keeps escapes as they are', () => {
    const message = passed('esc01');
    expect(message).toMatchObject({ uri: 'sip:sips%3Auser%40example.com@example.net' });
    expect(parseUri('sip:sips%3Auser%40example.com@example.net')).toMatchObject({
      scheme: 'sip',
      user: 'sips%3Auser%40example.com',
      host: 'example.net',
    });
    const contact = parseNameAddress(headerValue(message, 'contact') ?? '');
    expect(contact?.uri.user).toBe('cal%6Cer');
    expect([...(contact?.uri.parameters ?? [])]).toEqual([
      ['%6c%72', ''],
      ['n%61me', 'v%61lue%25%34%31'],
    ]);
    const users = headerValues(passed('escnull'), 'contact').map(
      (value) => parseNameAddress(value)?.uri.user,
    );
    expect(users).toEqual(['%00', '%00%00']);
  });

  it('keeps what looks like a parameter in the user part', () => {
    const message = passed('semiuri');
    expect(message.kind === 'request' && parseUri(message.uri)).toMatchObject({
      user: 'user;par=u%40example.net',
      host: 'example.com',
      parameters: new Map(),
    });
  });

  it('reads a display name without blank before the bracket', () => {
    const from = parseNameAddress(headerValue(passed('lwsdisp'), 'from') ?? '');
    expect(from).toMatchObject({ display: 'caller', uri: { user: 'caller' } });
  });

  it('reads known and unknown transports', () => {
    const vias = headerValues(passed('transports'), 'via').map((value) => parseVia(value)?.transport);
    expect(vias).toEqual(['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP']);
  });

  it('reads any reason phrase, and none', () => {
    expect(passed('unreason')).toMatchObject({
      status: 200,
      reason: '= 2**3 * 5**2 но сто девяносто девять - простое',
    });
    expect(passed('noreason')).toMatchObject({ status: 100, reason: '' });
  });

  it('hands up what only the layers above can refuse', () => {
    // 3.2.1: a branch of the magic cookie alone, matched as RFC 2543 has it.
    expect(passed('badbranch').core.via.branch).toBe('z9hG4bK');
    // 3.3.2, 3.3.3: 416.
    for (const name of ['unkscm', 'novelsc']) {
      const message = passed(name);
      expect(message.kind === 'request' && parseUri(message.uri)?.scheme).toBe('other');
    }
    // 3.3.4: schemes that a registrar can't use, and a proxy need not know.
    const schemes = ['to', 'from', 'contact'].map(
      (key) => parseNameAddress(headerValue(passed('unksm2'), key) ?? '')?.uri.scheme,
    );
    expect(schemes).toEqual(['other', 'other', 'other']);
    // 3.3.5: 420 with all of them.
    expect(headerValues(passed('bext01'), 'require')).toEqual([
      'nothingSupportsThis',
      'nothingSupportsThisEither',
    ]);
    expect(headerValues(passed('bext01'), 'proxy-require')).toHaveLength(2);
    // 3.3.6, 3.3.15: 415 and 488.
    expect(headerValue(passed('invut'), 'content-type')).toBe('application/unknownformat');
    expect(headerValue(passed('sdp01'), 'accept')).toBe('text/nobodyKnowsThis');
    // 3.3.7: no credentials that anyone could use.
    expect(headerValue(passed('regaut01'), 'authorization')).toMatch(
      /^NoOneKnowsThisScheme opaque-data=here$/,
    );
    // 3.3.10: not ours, and sent to nobody else.
    expect(passed('bcast').core.via.host).toBe('192.0.2.198');
    // 3.3.11: 483.
    expect(headerValue(passed('zeromf'), 'max-forwards')).toBe('0');
    // 3.3.14: the escaped Route belongs to the URI that is registered.
    const contact = parseNameAddress(headerValue(passed('regescrt'), 'contact') ?? '');
    expect(contact?.uri.headers).toBe('Route=%3Csip:sip.example.com%3E');
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
