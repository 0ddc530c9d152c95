import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cdrFrame,
  proxiedFrame,
  replyFrame,
  requestFrame,
  responseFrame,
  sentFrame,
} from '../../../../src/sip-engine/drachtio/leader.ts';
import type { TransportProtocol } from '../../../../src/sip-engine/transport/types.ts';
import { received, request, requestText, response, responseText } from '../fakes.ts';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^\d\d:\d\d:\d\d\.\d{6}$/;

const leaderOf = (frame: string): string[] => frame.slice(0, frame.indexOf('\r\n')).split('|');

const from = (protocol: TransportProtocol) => {
  const message = request(requestText('INVITE'));
  const base = received(message);
  return { message, received: { ...base, remote: { ...base.remote, protocol } } };
};

describe('the name of the transport', () => {
  it.each([
    ['udp', 'udp', 'udp'],
    ['tcp', 'tcp', 'tcp'],
    ['ws', 'tcp', 'tcp'],
    ['tls', 'tls', 'tcp'],
    ['wss', 'tls', 'tcp'],
  ] as const)('%s is %s for a new request, %s for what follows', (protocol, fresh, bound) => {
    const { message, received: arrived } = from(protocol);
    expect(leaderOf(requestFrame(message, arrived, 'txn', ''))[4]).toBe(fresh);
    expect(leaderOf(requestFrame(message, arrived, 'txn', 'dialog'))[4]).toBe(bound);
    const ok = response(responseText(200, 'INVITE'));
    expect(leaderOf(responseFrame(ok, arrived.remote, 9, 'txn', ''))[4]).toBe(bound);
    const sent = { text: 'x', size: 1, target: { local: arrived.local, remote: arrived.remote } };
    expect(leaderOf(sentFrame('ref', sent, 'txn', undefined))[6]).toBe(bound);
    expect(leaderOf(proxiedFrame('ref', ok, arrived.remote, 9))[6]).toBe(bound);
  });
});

describe('the leader', () => {
  it('of a new request says where it came in; that of a CANCEL does not', () => {
    const { message, received: arrived } = from('udp');
    const fields = leaderOf(requestFrame(message, arrived, 'txn', ''));
    expect(fields[0]).toMatch(ID);
    expect(fields[7]).toMatch(TIME);
    expect(fields.toSpliced(7, 1).slice(1)).toEqual(
      'sip|network|100|udp|192.0.2.1|5060|txn||127.0.0.1|5060|'.split('|'),
    );
    const cancel = request(requestText('CANCEL'));
    expect(leaderOf(requestFrame(cancel, arrived, 'txn', '')).slice(8)).toEqual(['txn', '', '']);
  });

  it('of a proxied response has `continue` as its thirteenth field', () => {
    const frame = proxiedFrame(
      'ref',
      response(responseText(404, 'INVITE')),
      { protocol: 'udp', address: '192.0.2.9', port: 5070 },
      321,
    );
    const fields = leaderOf(frame);
    expect(fields[9]).toMatch(TIME);
    expect(fields.toSpliced(9, 1).slice(1)).toEqual(
      'response|ref|OK|network|321|udp|192.0.2.9|5070|||continue'.split('|'),
    );
    expect(frame).toContain('\r\nSIP/2.0 404 Text\r\n');
  });

  it('of a call course has role or reason, and nothing for an attempt', () => {
    const source = 'network';
    const text = 'INVITE sip:a@b SIP/2.0\r\n\r\n';
    const tail = (frame: string) => leaderOf(frame).toSpliced(3, 1).slice(1);
    expect(tail(cdrFrame({ type: 'attempt', source, text }))).toEqual(['cdr:attempt', 'network']);
    expect(tail(cdrFrame({ type: 'start', source: 'application', role: 'uac', text }))).toEqual([
      'cdr:start',
      'application',
      'uac',
    ]);
    const stop = cdrFrame({ type: 'stop', source, reason: 'normal-release', text });
    expect(tail(stop)).toEqual(['cdr:stop', 'network', 'normal-release']);
    expect(leaderOf(stop)[3]).toMatch(TIME);
    expect(stop.endsWith(`\r\n${text}`)).toBe(true);
  });

  it('stays one line with as many fields whatever a reason says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (ref, reason) => {
        const frame = replyFrame(`${ref}|\r\n`, 'NOK', `${reason}|\n\r`);
        expect(frame).not.toMatch(/[\r\n]/);
        expect(frame.split('|')).toHaveLength(5);
      }),
    );
  });
});
