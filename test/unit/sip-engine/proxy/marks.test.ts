import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageCore, SipUri, Via } from '../../../../src/sip-engine/message/index.ts';
import { parseUri, parseVia } from '../../../../src/sip-engine/message/index.ts';
import { createMarks } from '../../../../src/sip-engine/proxy/marks.ts';

const marks = createMarks('a secret');

const viaOf = (text: string): Via => parseVia(text) as Via;
const uriOf = (user: string): SipUri => parseUri(`sip:${user}@192.0.2.1;lr`) as SipUri;

const caller = viaOf('SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKcaller;received=192.0.2.8;rport=6000');

const coreOf = (via: Via): MessageCore => ({
  callId: 'call',
  fromTag: 'from',
  toTag: 'to',
  cseq: { number: 3, method: 'INVITE' },
  via,
});

/** The core of a response to what carried this branch. */
const answered = (branch: string, change: Partial<MessageCore> = {}): MessageCore => ({
  ...coreOf(viaOf(`SIP/2.0/UDP 192.0.2.1;branch=${branch}`)),
  ...change,
});

describe('the branch of what goes on', () => {
  it('is read from the response, with the point and the kind', () => {
    const core = coreOf(caller);
    expect(marks.readBranch(answered(marks.branch(core, 4)), caller)).toEqual({ point: 4, stateless: false });
    expect(marks.readBranch(answered(marks.statelessBranch(core, 12)), caller)).toEqual({
      point: 12,
      stateless: true,
    });
  });

  it('is new each time, but the same for what is relayed again, whatever the method', () => {
    const core = coreOf(caller);
    expect(marks.branch(core, 0)).not.toBe(marks.branch(core, 0));
    const ack = { ...core, cseq: { number: 3, method: 'ACK' } };
    expect(marks.statelessBranch(core, 0)).toBe(marks.statelessBranch(ack, 0));
  });

  it.each([
    ['another address', 'SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKcaller;received=192.0.2.9;rport=6000'],
    ['another port', 'SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKcaller;received=192.0.2.8;rport=6001'],
    ['another branch', 'SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKother;received=192.0.2.8;rport=6000'],
    ['another transport', 'SIP/2.0/TCP 192.0.2.7:5070;branch=z9hG4bKcaller;received=192.0.2.8;rport=6000'],
  ])('does not lead to %s', (_what, next) => {
    const branch = marks.branch(coreOf(caller), 0);
    expect(marks.readBranch(answered(branch), viaOf(next))).toBeUndefined();
  });

  it('is worth nothing in another call, for another kind, or by another secret', () => {
    const branch = marks.branch(coreOf(caller), 0);
    expect(marks.readBranch(answered(branch, { callId: 'other' }), caller)).toBeUndefined();
    expect(marks.readBranch(answered(branch.replace(/\w+$/, 's')), caller)).toBeUndefined();
    expect(marks.readBranch(answered(branch.replace('bK0', 'bK1')), caller)).toBeUndefined();
    expect(createMarks('another').readBranch(answered(branch), caller)).toBeUndefined();
  });

  it('is never read from what others have made', () => {
    const text = fc.string({ unit: fc.constantFrom(...'z9hG4bK.s0aA-_'), maxLength: 40 });
    fc.assert(
      fc.property(text, (tail) => {
        const via = { ...caller, branch: `z9hG4bK${tail}` };
        expect(marks.readBranch(coreOf(via), caller)).toBeUndefined();
      }),
    );
  });
});

describe('the user of a Record-Route', () => {
  it('is read back for the same call only', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string({ minLength: 1 }), { nil: undefined }), (callId, flow) => {
        const uri = uriOf(marks.routeUser(callId, flow));
        expect(marks.readRoute(uri, callId)).toEqual({ flowId: flow });
        expect(marks.readRoute(uri, `${callId}x`)).toBeUndefined();
      }),
    );
  });

  it('forgets a stream of an earlier run, and does not let one be put in', () => {
    const before = createMarks('a secret').routeUser('call', 'tcp-1');
    expect(marks.readRoute(uriOf(before), 'call')).toEqual({ flowId: undefined });
    const [signed = ''] = marks.routeUser('call', undefined).split('.');
    const [, ...hop] = marks.routeUser('other', 'tcp-1').split('.');
    expect(marks.readRoute(uriOf([signed, ...hop].join('.')), 'call')).toBeUndefined();
    expect(marks.readRoute(parseUri('sip:192.0.2.1;lr') as SipUri, 'call')).toBeUndefined();
  });
});
