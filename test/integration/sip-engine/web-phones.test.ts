import { afterEach, describe, expect, it } from 'vitest';
import {
  type LibraryPhone,
  openLibraryPhone,
  pretendBrowser,
  WEB_LIBRARIES,
} from '../../support/web-phones.ts';
import { type Harness, startHarness, until } from './harness.ts';
import type { Srf } from './srf.ts';

/** What an application says to a browser that has registered with it: nobody could find the host of its Contact. */

let harness: Harness;
let phone: LibraryPhone;
let leaveBrowser: () => void = () => {};
afterEach(async () => {
  await phone?.close();
  await harness?.close();
  leaveBrowser();
});

/** Takes every REGISTER for an hour. */
const takeRegisters = (srf: Srf): void =>
  srf.use('register', (req, res) => {
    const contact = req.get('Contact') ?? '';
    res.send(200, { headers: { Contact: contact.replace(/;expires=\d+/, '').concat(';expires=3600') } });
  });

const statusOf = (uri: string, options: object): Promise<number> =>
  new Promise((resolve, reject) => {
    harness.srf.request(uri, options).then((req) => {
      req.on('response', (res: { status: number }) => resolve(res.status));
    }, reject);
  });

describe.each(WEB_LIBRARIES)('%s', (library) => {
  it('is reached at its Contact by MESSAGE, OPTIONS and INVITE', async () => {
    leaveBrowser = pretendBrowser();
    harness = await startHarness(
      { listen: [{ protocol: 'ws', address: '127.0.0.1', port: 0 }] },
      takeRegisters,
    );
    phone = openLibraryPhone(library, {
      user: 'jo',
      domain: 'phones.example',
      password: 'none is asked for',
      url: `ws://127.0.0.1:${harness.port}`,
      userAgent: 'Page/1.0',
    });
    expect(await phone.register()).toBe(200);
    expect(phone.contact).toContain('.invalid');
    const headers = { From: '<sip:desk@phones.example>', To: '<sip:jo@phones.example>' };
    const body = 'Grüße aus der Zentrale';
    expect(
      await statusOf(phone.contact, {
        method: 'MESSAGE',
        headers: { ...headers, 'Content-Type': 'text/plain' },
        body,
      }),
    ).toBe(200);
    await until(() => phone.messages.length > 0);
    expect(phone.messages).toEqual([body]);
    expect(await statusOf(phone.contact, { method: 'OPTIONS', headers })).toBe(200);
    const called = harness.srf.createUAC(phone.contact, { localSdp: 'v=0\r\n', headers });
    called.catch(() => {});
    await until(() => phone.calls.length > 0);
    phone.calls[0]?.refuse(480);
    await expect(called).rejects.toMatchObject({ status: 480 });
  });
});
