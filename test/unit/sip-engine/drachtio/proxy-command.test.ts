import { describe, expect, it } from 'vitest';
import type { Core, Incoming } from '../../../../src/sip-engine/dialog/types.ts';
import { parseTimeout, proxyByApp } from '../../../../src/sip-engine/drachtio/proxy-command.ts';
import type { ProxyPlan, ProxyReport } from '../../../../src/sip-engine/proxy/types.ts';
import { response, responseText } from '../fakes.ts';

const ignore = (): void => {};
const app = { open: true, request: ignore, response: ignore, unsolicited: ignore };

/** Runs a command of an application that has the request `txn` to answer. */
const run = (command: string, own = true) => {
  const started: { txn: string; plan: ProxyPlan; report: ProxyReport }[] = [];
  const incoming = { app: own ? app : { ...app }, answered: false, proxied: undefined };
  const core = {
    incoming: new Map([['txn', incoming as unknown as Incoming]]),
    proxy: {
      start: (txn: string, plan: ProxyPlan, report: ProxyReport) => started.push({ txn, plan, report }),
    },
  } as unknown as Core;
  const frames: string[] = [];
  const [leader = '', ...rest] = command.split('\r\n');
  proxyByApp(
    core,
    { app, write: (frame) => frames.push(frame) },
    'ref',
    leader.split('|'),
    rest.join('\r\n'),
  );
  return { started, results: () => frames.map((frame) => frame.split('|').slice(2).join('|')), frames };
};

describe('the proxy command', () => {
  it('becomes a plan', () => {
    const { started, frames } = run(
      'id|proxy|txn|remainInDialog|fullResponse|followRedirects|simultaneous|1500ms|60s|sip:a@b|sip:sips:c@d|tel:+49\r\n' +
        'INVITE sip:a@b SIP/2.0\r\nx-one: 1\r\nSubject: two\r\nVia: SIP/2.0/UDP x\r\nCall-ID: z\r\nContent-Length: 0\r\n\r\n',
    );
    expect(frames).toEqual([]);
    expect(started).toMatchObject([{ txn: 'txn' }]);
    expect(started[0]?.plan).toEqual({
      destinations: ['sip:a@b', 'sips:c@d', 'tel:+49'],
      remainInDialog: true,
      fullResponse: true,
      followRedirects: true,
      simultaneous: true,
      provisionalTimeout: 1500,
      finalTimeout: 60_000,
      headers: [
        { key: 'x-one', name: 'x-one', value: '1' },
        { key: 'subject', name: 'Subject', value: 'two' },
      ],
    });
  });

  it('without options is serial, brief and without limits of time', () => {
    const { started } = run('id|proxy|txn||||serial|||sip:a@b');
    expect(started[0]?.plan).toEqual({
      destinations: ['sip:a@b'],
      remainInDialog: false,
      fullResponse: false,
      followRedirects: false,
      simultaneous: false,
      provisionalTimeout: undefined,
      finalTimeout: undefined,
      headers: [],
    });
  });

  it.each([
    ['id|proxy|txn||||serial||', 'ref|NO|Invalid proxy request: not enough information provided'],
    ['id|proxy|||||serial|||sip:a@b', 'ref|NO|Invalid proxy request: not enough information provided'],
    ['id|proxy|other||||serial|||sip:a@b', 'ref|NOK|Unknown transaction id: other'],
    ['id|proxy|txn||||serial|||', 'ref|NOK|error proxying request to nowhere'],
    ['id|proxy|txn||||serial|||sip:a@b|nonsense', 'ref|NOK|error proxying request to nonsense'],
    [
      'id|proxy|txn||||serial|soon||sip:a@b',
      'ref|NOK|error proxying request: a timeout is a number and ms or s',
    ],
    [
      'id|proxy|txn||||serial|||sip:a@b\r\nINVITE sip:a@b SIP/2.0\r\nX Y: 1\r\n\r\n',
      'ref|NOK|invalid sip message',
    ],
  ])('%j is refused', (command, result) => {
    const { started, results } = run(command);
    expect(started).toEqual([]);
    expect(results()).toEqual([result]);
  });

  it('is for the application that has the request, and for nobody else', () => {
    expect(run('id|proxy|txn||||serial|||sip:a@b', false).results()).toEqual([
      'ref|NOK|Unknown transaction id: txn',
    ]);
  });

  it('is answered with each final response and one end', () => {
    const { started, frames } = run('id|proxy|txn||fullResponse||serial|||sip:a@b');
    const report = started[0]?.report;
    const from = { protocol: 'udp', address: '192.0.2.1', port: 5060 } as const;
    report?.final(response(responseText(404, 'INVITE')), from, 10);
    report?.final(response(responseText(200, 'INVITE')), from, 10);
    report?.done();
    report?.done();
    report?.refused('late');
    report?.final(response(responseText(200, 'INVITE')), from, 10);
    expect(
      frames.map((frame) => frame.split('\r\n')[0]?.split('|').slice(2).toSpliced(7, 1).join('|')),
    ).toEqual([
      'ref|OK|network|10|udp|192.0.2.1|5060|||continue',
      'ref|OK|network|10|udp|192.0.2.1|5060|||continue',
      'ref|OK|done',
    ]);
  });
});

it.each([
  ['', undefined],
  ['2s', 2000],
  ['1500ms', 1500],
  ['0s', 0],
  ['2', null],
  ['2 s', null],
  ['-1s', null],
  ['2m', null],
])('a timeout %j is %j', (text, milliseconds) => {
  expect(parseTimeout(text)).toBe(milliseconds);
});
