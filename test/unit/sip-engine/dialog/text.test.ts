import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contactOf, contentTypeLine, otherLines } from '../../../../src/sip-engine/dialog/headers.ts';
import {
  answerInterval,
  grantedInterval,
  tooShort,
} from '../../../../src/sip-engine/dialog/session-headers.ts';
import {
  bracketed,
  renderResponse,
  substituteLocalhost,
  tagOf,
} from '../../../../src/sip-engine/dialog/text.ts';
import type { AppMessage, Core } from '../../../../src/sip-engine/dialog/types.ts';
import { parseAppMessage } from '../../../../src/sip-engine/drachtio/app-message.ts';
import { parseMessage } from '../../../../src/sip-engine/message/index.ts';
import { request, requestText, response, responseText } from '../fakes.ts';

const UDP = { protocol: 'udp', place: '192.0.2.9:5080' } as const;
const TCP = { protocol: 'tcp', place: '[2001:db8::1]:5060' } as const;

const app = (...lines: string[]): AppMessage => {
  const message = parseAppMessage(
    `INVITE sip:a@b SIP/2.0\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`,
  );
  if (message === undefined) throw new Error('unreadable');
  return message;
};

describe('localhost', () => {
  it.each([
    ['sip:100@localhost', 'sip:100@192.0.2.9:5080'],
    ['"x" <sip:100@localhost:5070;a=b>;tag=1', '"x" <sip:100@192.0.2.9:5080;a=b>;tag=1'],
    ['<sip:localhost>', '<sip:192.0.2.9:5080>'],
    ['<sip:1@localhost.example.com>', '<sip:1@localhost.example.com>'],
    ['<sip:1@mylocalhost>', '<sip:1@mylocalhost>'],
  ])('%s', (given, wanted) => expect(substituteLocalhost(given, UDP)).toBe(wanted));

  it('becomes an IPv6 reference, with the transport in Contact', () => {
    expect(contactOf(app('contact: sip:7@localhost'), TCP)).toBe('<sip:7@[2001:db8::1]:5060;transport=tcp>');
    expect(contactOf(app('contact: <sip:7@10.0.0.1>'), TCP)).toBe('<sip:7@10.0.0.1>');
    expect(contactOf(undefined, UDP)).toBe('<sip:192.0.2.9:5080>');
  });

  it.each([
    ['tls', '<sip:h:5061;transport=tls>', '<sips:h:5061>'],
    ['ws', '<sip:h:5061;transport=ws>', '<sips:h:5061>'],
    ['wss', '<sip:h:5061;transport=wss>', '<sips:h:5061;transport=ws>'],
  ] as const)(
    'over %s our Contact says so, and is sips for who asked for sips',
    (protocol, usual, secure) => {
      const own = { protocol, place: 'h:5061' };
      expect(contactOf(undefined, own)).toBe(usual);
      expect(contactOf(undefined, { ...own, secure: true })).toBe(secure);
      expect(contactOf(app('contact: sips:7@localhost'), own)).toBe(secure.replace('sips:', 'sips:7@'));
    },
  );

  it('is left alone outside From, To, Contact and P-Asserted-Identity', () => {
    expect(
      otherLines(app('Refer-To: <sip:a@localhost>', 'P-Asserted-Identity: <sip:a@localhost>'), UDP),
    ).toBe('Refer-To: <sip:a@localhost>\r\nP-Asserted-Identity: <sip:a@192.0.2.9:5080>\r\n');
  });
});

it('bare addresses get brackets, and what follows stays outside', () => {
  expect(bracketed('sip:a@b;tag=1')).toBe('<sip:a@b>;tag=1');
  expect(bracketed('"x" <sip:a@b>')).toBe('"x" <sip:a@b>');
  expect(bracketed('*')).toBe('*');
});

it("the tag is the header's, not the URI's", () => {
  expect(tagOf('<sip:a@b;tag=uri>;tag=mine')).toBe('mine');
  expect(tagOf('<sip:a@b;tag=uri>')).toBe('');
  expect(tagOf('sip:a@b;tag=x')).toBe('x');
});

it('headers that the engine makes are not taken from the application', () => {
  const given = [
    'Via: x',
    'Route: x',
    'Record-Route: x',
    'RSeq: 1',
    'Content-Length: 5',
    'CSeq: 1 X',
    'Subject: kept',
  ];
  expect(otherLines(app(...given), UDP)).toBe('Subject: kept\r\n');
});

it('SDP is told by its beginning, other bodies are not', () => {
  expect(contentTypeLine({ ...app(), body: 'v=0\r\n' })).toBe('Content-Type: application/sdp\r\n');
  expect(contentTypeLine({ ...app(), body: 'Signal=1' })).toBeUndefined();
  expect(contentTypeLine({ ...app('Content-Type: text/plain'), body: 'x' })).toBe('');
});

it('responses can always be read again, whatever the body', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 101, max: 699 }), (text, status) => {
      const body = Buffer.from(text).toString();
      const rendered = Buffer.from(
        renderResponse(request(requestText('INVITE')), status, 'Reason', 'tag1', 'Subject: x\r\n', body),
      );
      const result = parseMessage(rendered);
      expect(result.ok && result.message.body.toString()).toBe(body);
      expect(result.ok && result.message.core.toTag).toBe('tag1');
    }),
  );
});

describe('session intervals (RFC 4028)', () => {
  const core = { sessionExpires: 1800, minimumSessionExpires: 90 } as unknown as Core;
  const off = { sessionExpires: 0, minimumSessionExpires: 90 } as unknown as Core;
  const invite = (...lines: string[]) =>
    request(
      requestText('INVITE').replace(
        'Content-Length',
        `${lines.map((line) => `${line}\r\n`).join('')}Content-Length`,
      ),
    );

  it.each([
    [['Supported: timer', 'Session-Expires: 600;refresher=uac'], 600, 'remote'],
    [['Supported: timer', 'Session-Expires: 600;refresher=uas'], 600, 'local'],
    [['Supported: timer', 'Session-Expires: 600'], 600, 'remote'],
    [['Supported: timer'], 1800, 'remote'],
    [['Supported: timer', 'Session-Expires: 7200'], 1800, 'remote'],
    [['Supported: timer', 'Session-Expires: 7200', 'Min-SE: 3600'], 3600, 'remote'],
    [['Session-Expires: 600'], 600, 'local'],
  ] as const)('%j', (lines, seconds, refresher) => {
    expect(answerInterval(core, invite(...lines), app())).toMatchObject({ seconds, refresher });
    expect(answerInterval(off, invite(...lines), app())).toBeUndefined();
  });

  it('none where the caller neither asks nor knows', () =>
    expect(answerInterval(core, invite(), app())).toBeUndefined());

  it('what is too short is refused only to those who know timers', () => {
    expect(tooShort(core, invite('Supported: timer', 'Session-Expires: 89'))).toBe(90);
    expect(tooShort(core, invite('Session-Expires: 89'))).toBeUndefined();
    expect(tooShort(core, invite('Supported: timer', 'Session-Expires: 90'))).toBeUndefined();
  });

  it('the answer says who refreshes', () => {
    const answer = (line: string) =>
      response(responseText(200, 'INVITE').replace('Content-Length', `${line}\r\nContent-Length`));
    expect(grantedInterval(core, answer('Session-Expires: 300;refresher=uas'))).toEqual({
      seconds: 300,
      refresher: 'remote',
    });
    expect(grantedInterval(core, answer('Session-Expires: 300;refresher=uac'))).toEqual({
      seconds: 300,
      refresher: 'local',
    });
    expect(grantedInterval(core, answer('Subject: x'))).toBeUndefined();
  });
});
