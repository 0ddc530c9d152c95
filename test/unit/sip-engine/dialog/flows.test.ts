import { describe, expect, it } from 'vitest';
import { createRegisteredFlows } from '../../../../src/sip-engine/dialog/flows.ts';
import { parseUri } from '../../../../src/sip-engine/message/index.ts';
import type { SipUri } from '../../../../src/sip-engine/message/types.ts';
import type { Flow } from '../../../../src/sip-engine/transport/types.ts';

const uri = (text: string): SipUri => {
  const parsed = parseUri(text);
  if (parsed === undefined) throw new Error(`no URI: ${text}`);
  return parsed;
};

let serial = 0;
const flow = (): Flow & { open: boolean } => ({
  id: `flow-${++serial}`,
  remote: { protocol: 'ws', address: '192.0.2.1', port: 40_000 },
  open: true,
});

const start = () => {
  const clock = { now: 1_000_000 };
  return { clock, flows: createRegisteredFlows(() => clock.now) };
};

describe('flows of registered user agents', () => {
  it('are found by user and host, whatever the parameters and the case of the host', () => {
    const { flows } = start();
    const one = flow();
    flows.add(uri('sip:jo@Abc.invalid;transport=ws'), 'jo@example.com', one, 60);
    expect(flows.find(uri('sip:jo@abc.INVALID'))).toBe(one);
    expect(flows.find(uri('sip:jo@abc.invalid:5062'))).toBe(one);
    expect(flows.find(uri('sip:Jo@abc.invalid'))).toBeUndefined();
    expect(flows.find(uri('sip:abc.invalid'))).toBeUndefined();
    expect(flows.size).toBe(1);
  });

  it('are told apart by port where the Contacts have one', () => {
    const { flows } = start();
    const [near, far] = [flow(), flow()];
    flows.add(uri('sip:100@192.168.1.5:5061'), 'a', near, 60);
    flows.add(uri('sip:100@192.168.1.5:5062'), 'b', far, 60);
    expect(flows.find(uri('sip:100@192.168.1.5:5061'))).toBe(near);
    expect(flows.find(uri('sip:100@192.168.1.5:5062'))).toBe(far);
    expect(flows.find(uri('sip:100@192.168.1.5'))).toBe(far);
  });

  it('end with their time, unless refreshed', () => {
    const { clock, flows } = start();
    const one = flow();
    flows.add(uri('sip:jo@a.invalid'), 'jo', one, 60);
    clock.now += 59_000;
    flows.add(uri('sip:jo@a.invalid'), 'jo', one, 60);
    clock.now += 59_000;
    expect(flows.find(uri('sip:jo@a.invalid'))).toBe(one);
    clock.now += 1_000;
    expect(flows.find(uri('sip:jo@a.invalid'))).toBeUndefined();
    expect(flows.size).toBe(0);
  });

  it('end with the connection, with their removal, and with that of their address of record', () => {
    const { flows } = start();
    const [one, two] = [flow(), flow()];
    for (const name of ['a', 'b', 'c']) flows.add(uri(`sip:${name}@x.invalid`), `${name}@r`, one, 60);
    flows.add(uri('sip:d@x.invalid'), 'd@r', two, 60);
    flows.remove(uri('sip:a@x.invalid'));
    flows.removeRecord('b@r');
    expect(flows.size).toBe(2);
    flows.closed(one);
    expect([flows.size, flows.find(uri('sip:d@x.invalid'))]).toEqual([1, two]);
    two.open = false;
    expect(flows.find(uri('sip:d@x.invalid'))).toBeUndefined();
  });

  it('move to the connection that registered last; the end of the old one changes nothing', () => {
    const { flows } = start();
    const [before, after] = [flow(), flow()];
    flows.add(uri('sip:jo@a.invalid'), 'jo', before, 60);
    flows.add(uri('sip:jo@a.invalid'), 'jo', after, 60);
    flows.closed(before);
    expect(flows.find(uri('sip:jo@a.invalid'))).toBe(after);
  });

  it('are so many for one connection and no more', () => {
    const { flows } = start();
    const one = flow();
    for (let index = 0; index < 1000; index += 1) flows.add(uri(`sip:u${index}@a.invalid`), 'r', one, 60);
    expect(flows.size).toBe(32);
    expect(flows.find(uri('sip:u999@a.invalid'))).toBe(one);
    expect(flows.find(uri('sip:u0@a.invalid'))).toBeUndefined();
  });
});
