import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, parseMessage } from '../../../../src/sip-engine/message/index.ts';
import { judge } from '../../../fuzz/oracle.ts';
import { FUZZERS } from '../../../fuzz/runs.ts';

const RUN_MS = 3000;

describe('the parser and the framers under made-up input', () => {
  // The start of what `npm run fuzz` does at length.
  it.each(Object.entries(FUZZERS))('%s', (_name, fuzzer) => {
    const { finding, cases, accepted } = fuzzer(20_260_101, performance.now() + RUN_MS);
    expect(finding).toBeUndefined();
    expect(cases).toBeGreaterThan(10);
    expect(accepted).toBeGreaterThan(0);
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(parseMessage(Buffer.from(bytes)).ok).toBe(false);
      }),
    );
  });

  it.each([
    ['commas', 'Contact: ', ','],
    ['items', 'Contact: ', 'a,'],
    ['quotes', 'Contact: ', '"'],
    ['brackets', 'Contact: ', '<'],
    ['semicolons', 'Contact: <sip:a@b>', ';'],
    ['parameters', 'From: <sip:a@b>', ';a=b'],
    ['blanks', 'CSeq: 1', ' '],
    ['folds', 'Subject: ', '\r\n '],
    ['backslashes', 'From: "', '\\'],
    ['slashes', 'Via: SIP', ' /'],
    ['percents', 'Contact: <sip:', '%41'],
    ['digits', 'Content-Length: ', '9'],
    ['lines', 'X: 1\r\n', 'Via: SIP/2.0/UDP h\r\n'],
    ['colons', '', ':'],
    ['tags', 'To: <sip:a@b>;', 'tag=1;'],
    ['users', 'Contact: <sip:', 'a'],
    ['names in quotes', 'Contact: "', 'a '],
    ['names without', 'Contact: ', 'a '],
    ['URI parameters', 'Contact: <sip:a@b', ';a=b'],
    ['header parameters', 'Contact: <sip:a@b>', ';a=b'],
    ['branches', 'Via: SIP/2.0/UDP h;branch=', 'a'],
    ['open brackets', 'Contact: <sip:a@b>', ',<'],
    ['colons in brackets', 'Contact: <sip:[', ':::1.'],
    ['line ends', 'Subject: ', 'a\r'],
    ['feeds', 'Subject: ', 'a\n'],
    ['letters beyond ASCII', 'Subject: ', 'é'],
    ['lines without colon', '', 'a\r\n'],
    ['parts of dates', 'Date: ', 'GMT '],
  ])('needs time linear in the size for %s', (_name, prefix, piece) => {
    const message = (size: number): Buffer =>
      Buffer.from(
        `INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n` +
          `${prefix}${piece.repeat(Math.floor(size / piece.length))}\r\n\r\n`,
      );
    const wide = {
      ...DEFAULT_LIMITS,
      message: 1 << 22,
      line: 1 << 22,
      headers: 1 << 20,
      items: 1 << 20,
      vias: 1 << 20,
    };
    const bytes = message(400_000);
    const started = process.cpuUsage();
    parseMessage(bytes, wide);
    parseMessage(bytes);
    const { user, system } = process.cpuUsage(started);
    // A quadratic parser needs minutes for this, a linear one some ten milliseconds.
    expect((user + system) / 1000).toBeLessThan(3000);
  });

  it.each<[string, readonly string[], boolean]>([
    ['a value that begins with a line end of another script', ['From: <sip:a@b>;tag=1', 'X: \u2028y'], true],
    ['a tag that only the lenient read to its end', ['From: <sip:a@b>;tag=9#8'], false],
    ['two tags in a Contact', ['From: <sip:a@b>;tag=1', 'Contact: <sip:a@h>;tag=1;TAG=2'], false],
    ['a tag behind the second of two', ['From: <sip:a@b>;x;x=[::1];tag=1'], true],
    ['an ACK without URI', ['From: <sip:a@b>;tag=1'], true],
    ['a tag behind a value that is no token', ['From: <sip:a@b>;x=[::1];tag=1'], true],
  ])('what was found once stays mended: %s', (what, lines, accepted) => {
    const isAck = what.includes('ACK');
    const bytes = [
      isAck ? 'ACK  SIP/2.0' : 'OPTIONS sip:a@b SIP/2.0',
      'Via: SIP/2.0/UDP h;branch=z9hG4bK1',
      'To: <sip:a@b>',
      'Call-ID: a',
      isAck ? 'CSeq: 1 ACK' : 'CSeq: 1 OPTIONS',
      ...lines,
      '',
      '',
    ].join('\r\n');
    expect(judge(Buffer.from(bytes))).toBe(accepted);
  });
});
