import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Harness, startHarness, until } from './harness.ts';
import { sdp } from './peer.ts';
import type { Dialog, Req, Res, SipMessage, Srf } from './srf.ts';

const SCENARIOS = join(
  dirname(createRequire(import.meta.url).resolve('drachtio-srf/package.json')),
  'test',
  'scenarios',
);
const directory = mkdtempSync(join(tmpdir(), 'sipp-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

let harness: Harness;
const running: ChildProcess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await harness?.close();
});

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
};

/** Runs one of drachtio-srf's own SIPp scenarios once; `done` rejects when a message is not as the scenario wants it. */
const sipp = async (scenario: string, target?: string): Promise<{ port: number; done: Promise<void> }> => {
  const port = await freePort();
  const parameters = [
    '-sf',
    join(SCENARIOS, `${scenario}.xml`),
    '-i',
    '127.0.0.1',
    '-p',
    String(port),
    '-m',
    '1',
    '-nostdin',
    '-nd',
  ];
  const child = spawn(
    'sipp',
    [...parameters, '-timeout', '40', '-timeout_error', ...(target === undefined ? [] : [target])],
    {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  running.push(child);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    output += String(chunk);
  });
  const done = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`sipp ${scenario}: ${code}\n${output.slice(-1500)}`);
  });
  done.catch(() => {});
  // One that can't start says why instead of never listening.
  if (target === undefined) await Promise.race([until(async () => !(await canBind(port))), done]);
  return { port, done };
};

const canBind = async (port: number): Promise<boolean> => {
  const socket = createSocket('udp4');
  const bound = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => resolve(true));
  });
  socket.close();
  return bound;
};

const start = async (prepare: (srf: Srf) => void = () => {}): Promise<string> => {
  harness = await startHarness({}, prepare);
  return `127.0.0.1:${harness.port}`;
};

const link = ({ uas, uac }: { uas: Dialog; uac: Dialog }): void => {
  uas.on('destroy', () => uac.destroy().catch(() => {}));
  uac.on('destroy', () => uas.destroy().catch(() => {}));
};

/** A B2BUA to a scenario's port. */
const bridge =
  (port: () => number, options: object = {}) =>
  async (req: Req, res: Res, srf: Srf): Promise<void> => {
    try {
      link(await srf.createB2BUA(req, res, `sip:x@127.0.0.1:${port()}`, { localSdpB: req.body, ...options }));
    } catch {}
  };

describe('the application as callee', () => {
  it('answers', async () => {
    const target = await start((srf) =>
      srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: sdp() })),
    );
    await (await sipp('uac', target)).done;
  });

  it('answers a re-INVITE without SDP', async () => {
    const target = await start((srf) =>
      srf.invite(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { localSdp: sdp() });
        // The ACK to the first 200 may come before anybody listens.
        dialog.on('ack', (ack: SipMessage) => {
          if (ack.get('CSeq')?.startsWith('2 ')) dialog.destroy();
        });
      }),
    );
    await (await sipp('uac-send-reinvite-no-sdp', target)).done;
  });

  it('refuses', async () => {
    const target = await start((srf) => srf.invite((_req, res) => res.send(503)));
    await (await sipp('uac-expect-503', target)).done;
  });

  it('is cancelled after its 200', async () => {
    const target = await start((srf) =>
      srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: sdp() }).catch(() => {})),
    );
    await (await sipp('uac-drop-200-then-cancel', target)).done;
  });
});

describe('the application as caller', () => {
  const place = async (
    scenario: string,
    options: object = {},
    prepare?: (dialog: Dialog) => Promise<unknown>,
  ): Promise<void> => {
    await start();
    const callee = await sipp(scenario);
    const dialog = await harness.srf.createUAC(`sip:x@127.0.0.1:${callee.port}`, {
      localSdp: sdp(),
      ...options,
    });
    await prepare?.(dialog);
    await dialog.destroy();
    await callee.done;
  };
  const AUTH = { auth: { username: 'foo', password: 'bar' } };

  it('calls and hangs up', () => place('uas'));
  it('acknowledges reliable provisionals', () => place('uas-prack'));
  it('answers a challenge to INVITE', () => place('uas-auth', AUTH));

  it('answers a challenge to BYE', () => place('uas-bye-with-auth', AUTH));

  it('changes the session three times, one after the other whatever is asked for at once', async () => {
    await start();
    const callee = await sipp('uas-reinvite-overlap');
    const dialog = await harness.srf.createUAC(`sip:x@127.0.0.1:${callee.port}`, { localSdp: sdp() });
    await Promise.all([1, 2, 3].map(() => dialog.modify(dialog.local.sdp)));
    await callee.done;
    // The scenario has ended: nobody is there to answer a BYE.
    dialog.destroy().catch(() => {});
  });

  it('is told of a refusal', async () => {
    await start();
    const callee = await sipp('uas-404');
    await expect(
      harness.srf.createUAC(`sip:x@127.0.0.1:${callee.port}`, { localSdp: sdp() }),
    ).rejects.toMatchObject({ status: 404 });
    await callee.done;
  });

  it('gives up', async () => {
    await start();
    const callee = await sipp('uas-cancel');
    const placed = harness.srf.createUAC(
      `sip:x@127.0.0.1:${callee.port}`,
      { localSdp: sdp() },
      {
        cbRequest: (_error: unknown, request: Req) =>
          setTimeout(
            () => request.cancel({ headers: { Reason: 'SIP;cause=200;text="Call completed elsewhere"' } }),
            300,
          ),
      },
    );
    await expect(placed).rejects.toMatchObject({ status: 487 });
    await callee.done;
  });

  it('registers', async () => {
    await start();
    const registrar = await sipp('uas-auth-register');
    const request = await harness.srf.request(`sip:127.0.0.1:${registrar.port}`, {
      method: 'REGISTER',
      headers: {
        Contact: '<sip:foo@localhost>',
        To: '<sip:foo@carrier>',
        From: '<sip:foo@carrier>',
        Expires: '60',
      },
      ...AUTH,
    });
    const status = new Promise((resolve) =>
      request.on('response', (response: SipMessage) => resolve(response.status)),
    );
    expect(await status).toBe(200);
    await registrar.done;
  });
});

describe('the application between both', () => {
  const between = async (caller: string, callee: string, options: object = {}): Promise<void> => {
    let port = 0;
    const target = await start((srf) =>
      srf.invite((req, res) => void bridge(() => port, options)(req, res, srf)),
    );
    const b = await sipp(callee);
    port = b.port;
    const a = await sipp(caller, target);
    await a.done;
    await b.done;
    await until(async () => (await harness.engine.stats()).dialogs === 0);
  };

  it('connects and releases', () => between('uac', 'uas'));
  it('passes reliable provisionals', () =>
    between('uac-prack', 'uas-prack', { proxyRequestHeaders: ['all'], proxyResponseHeaders: ['all'] }));
  it('passes a CANCEL', () => between('uac-cancel', 'uas-cancel'));
  it('passes a refusal', () => between('uac-expect-404', 'uas-404'));
  it('connects a late offer', () => between('uac-nosdp', 'uas', { localSdpB: undefined }));
});

it('an INVITE without Contact is answered by the application', async () => {
  const target = await start((srf) => srf.invite((_req, res) => res.send(400)));
  await (await sipp('uac-expect-400-no-contact-header', target)).done;
});
