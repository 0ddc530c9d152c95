import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TlsOptions } from '../../../src/sip-engine/index.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { deferred, type Harness, startHarness, until } from './harness.ts';
import { sdp } from './peer.ts';
import type { Req } from './srf.ts';

let tls: TlsOptions;
const running: Harness[] = [];

beforeAll(async () => {
  const authority = await makeAuthority();
  tls = { ...(await authority.issue({ addresses: ['127.0.0.1'] })), ca: authority.ca };
});

afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
});

const PROTOCOLS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;

const engine = async (protocol: (typeof PROTOCOLS)[number]): Promise<Harness> => {
  const listen = [{ protocol, address: '127.0.0.1', port: 0 }];
  const harness = await startHarness({ listen, tls });
  running.push(harness);
  return harness;
};

describe.each(PROTOCOLS)('a call over %s between two engines', (protocol) => {
  it('is set up, ended, and named right in Via, Contact and to the application', async () => {
    const [caller, callee] = [await engine(protocol), await engine(protocol)];
    expect(callee.engine.hostports[0]).toMatch(new RegExp(`^${protocol}/127\\.0\\.0\\.1:\\d+$`));
    const invited = deferred<Req>();
    const ended = deferred<void>();
    callee.srf.invite(async (req, res) => {
      invited.resolve(req);
      const dialog = await callee.srf.createUAS(req, res, { localSdp: sdp('callee') });
      dialog.on('destroy', () => ended.resolve());
    });
    const uri = `sip:line@127.0.0.1:${callee.port};transport=${protocol}`;
    const dialog = await caller.srf.createUAC(uri, { localSdp: sdp('caller') });
    const req = await invited.promise;
    expect(req.get('Via')).toMatch(new RegExp(`^SIP/2\\.0/${protocol.toUpperCase()} 127\\.0\\.0\\.1:`));
    const transport = protocol === 'udp' ? '' : `;transport=${protocol}`;
    expect(req.get('Contact')).toBe(`<sip:127.0.0.1:${caller.port}${transport}>`);
    expect(dialog.remote.uri).toBe(`sip:127.0.0.1:${callee.port}${transport}`);
    await dialog.destroy();
    await ended.promise;
    await until(async () => (await callee.engine.stats()).dialogs === 0);
    const { connections } = await callee.engine.stats();
    expect(connections).toBe(protocol === 'udp' ? 0 : 1);
  });
});
