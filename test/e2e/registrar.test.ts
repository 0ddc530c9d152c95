import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { UserView } from '../../src/reports/index.ts';
import { commandOf } from '../support/command.ts';
import {
  contactsOf,
  createRegistration,
  openWebPhone,
  type PhoneAccount,
  type Registration,
  type WebPhone,
  type Wire,
} from '../support/phone.ts';
import { header, hostPort, need, type SipMessage, uriOf, writeResponse } from '../support/sip-message.ts';
import { openSipPeer, type SipPeer } from '../support/sip-peer.ts';
import { openStage, STRANGER, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Users' phones: registering over each transport, being called, and what a restart leaves of them. */

const DOMAIN = 'phones.example';
const ALICE: PhoneAccount = { user: 'alice', domain: DOMAIN, password: 'correct "horse" battery' };
const BOB: PhoneAccount = { user: 'bob', domain: DOMAIN, password: 'staple' };
const TO_ALICE = '+493023125031';
const TO_BOB_OR_FIRST = '+493023125032';
/** Where phones are. */
const HOME = '127.0.0.20';
const OFFICE = '127.0.0.21';

let stage: Stage;
const opened: { close(): unknown }[] = [];

const dialtrace = (...words: string[]) => commandOf(stage.gateway)(...words);

const userOf = async ({ user }: PhoneAccount): Promise<UserView> => {
  const response = await fetch(`http://${hostPort(stage.gateway.http)}/v1/users/${user}`);
  return (await response.json()) as UserView;
};

const addUser = async ({ user, password }: PhoneAccount): Promise<void> => {
  const file = `${stage.gateway.directory}/${user}.txt`;
  writeFileSync(file, `${password}\n`);
  const { code, stderr } = await dialtrace('user', 'add', user, '--password-file', file);
  expect(stderr).toBe('');
  expect(code).toBe(0);
};

beforeAll(async () => {
  stage = await openStage({
    media: { webrtc: { enabled: true, port: 0, workers: 1 } },
    registrar: {
      domains: [DOMAIN],
      algorithms: ['SHA-256', 'MD5'],
      minExpires: 1,
      defaultExpires: 60,
      maxContacts: 3,
    },
    websocket: true,
    extend: () => ({
      lines: [
        { id: 'alice', type: 'user', user: 'alice', ringTimeoutSeconds: 8 },
        { id: 'bob', type: 'user', user: 'bob', ringTimeoutSeconds: 2 },
      ],
      numbers: [
        { number: TO_ALICE, source: 'summer-ads', lines: ['alice'] },
        { number: TO_BOB_OR_FIRST, source: 'summer-ads', lines: ['bob', 'first'] },
      ],
    }),
  });
  await addUser(ALICE);
  await addUser(BOB);
});
afterEach(async () => {
  for (const account of [ALICE, BOB]) await forget(account);
  for (const each of opened.splice(0)) await each.close();
});
afterAll(() => stage?.close());

const wireOf = (peer: SipPeer, transport: 'udp' | 'tcp', contact?: string): Wire => ({
  via: `SIP/2.0/${transport.toUpperCase()} ${peer.address}:${peer.port};rport`,
  contact: contact ?? `<${peer.uri(ALICE.user)}>`,
  received: peer.received,
  send: (text) => peer.raw(text, stage.gateway.sip),
});

type Phone = { readonly peer: SipPeer; readonly registration: Registration };

const openPhone = async (
  address: string,
  account = ALICE,
  { transport = 'udp' as 'udp' | 'tcp', contact }: { transport?: 'udp' | 'tcp'; contact?: string } = {},
): Promise<Phone> => {
  const peer = await openSipPeer({ address, transport, user: account.user });
  opened.push(peer);
  return { peer, registration: createRegistration(wireOf(peer, transport, contact), account) };
};

/** Takes away whatever a test left registered. */
const forget = async (account: PhoneAccount): Promise<void> => {
  const peer = await openSipPeer({ address: HOME });
  const registration = createRegistration(wireOf(peer, 'udp'), account);
  const gone = await registration.register({ contacts: ['*'], expires: 0 });
  expect(statusOf(gone)).toBe(200);
  await peer.close();
};

const expiresOf = (contact: string | undefined): number => Number(/;expires=(\d+)/.exec(contact ?? '')?.[1]);

describe('registering', () => {
  test.each(['udp', 'tcp'] as const)(
    'over %s, with either algorithm, and is seen by everybody',
    async (transport) => {
      const { peer, registration } = await openPhone(HOME, ALICE, { transport });
      const challenge = await registration.ask();
      expect(statusOf(challenge)).toBe(401);
      expect(challenge.headers.filter(([name]) => name === 'www-authenticate')).toHaveLength(2);
      for (const md5 of [false, true]) {
        const ok = await registration.register({ expires: 300, md5 });
        expect(statusOf(ok)).toBe(200);
        const [contact, ...others] = contactsOf(ok);
        expect(others).toEqual([]);
        expect(uriOf(contact ?? '')).toBe(peer.uri('alice'));
        expect(expiresOf(contact)).toBe(300);
        expect(header(ok, 'date')).toMatch(/GMT$/);
      }
      const user = await until('alice', async () => {
        const found = await userOf(ALICE);
        return found.contacts[0]?.transport === transport && found;
      });
      expect(user.available).toBe(true);
      expect(user.contacts).toMatchObject([
        { uri: peer.uri('alice'), transport, address: HOME, userAgent: 'Test phone/1.0', flowLost: false },
      ]);
      const { stdout } = await dialtrace('user', 'list');
      expect(stdout).toMatch(/alice.*registered.*Test phone\/1\.0.*(udp|tcp)/);
      expect(stdout).toMatch(/bob\s+–\s+agent\s+–\s+0/);
    },
  );

  test('with a wrong password, an unknown user or for somebody else is refused alike', async () => {
    const { registration } = await openPhone(HOME);
    const { registration: mallory } = await openPhone(HOME, { ...ALICE, user: 'mallory' });
    const wrong = await registration.register({ password: 'guess' });
    const unknown = await mallory.register();
    for (const refused of [wrong, unknown]) expect(refused.startLine).toBe('SIP/2.0 403 Forbidden');
    expect(wrong.headers.map(([name]) => name)).toEqual(unknown.headers.map(([name]) => name));
    const { registration: elsewhere } = await openPhone(HOME, { ...ALICE, domain: 'other.example' });
    expect(statusOf(await elsewhere.ask({ uri: `sip:${DOMAIN}` }))).toBe(404);
  });

  test('for too short a time is told the least; for none it gets the default', async () => {
    const { registration } = await openPhone(HOME);
    const brief = await registration.register({ contacts: ['<sip:alice@127.0.0.20:5070>;expires=0.5'] });
    expect(expiresOf(contactsOf(brief)[0])).toBe(60);
    const { registration: bob } = await openPhone(HOME, BOB);
    expect(expiresOf(contactsOf(await bob.register())[0])).toBe(60);
  });

  test('two phones, and one of them goes', async () => {
    const home = await openPhone(HOME);
    const office = await openPhone(OFFICE);
    await home.registration.register();
    const both = await office.registration.register({ contacts: [`<${office.peer.uri('alice')}>;q=0.5`] });
    expect(contactsOf(both)).toHaveLength(2);
    expect(contactsOf(both).filter((contact) => contact.includes(';q=0.5;'))).toHaveLength(1);
    const one = await home.registration.register({ expires: 0 });
    expect(contactsOf(one).map(uriOf)).toEqual([office.peer.uri('alice')]);
    expect(contactsOf(await home.registration.register({ contacts: undefined })).map(uriOf)).toEqual([
      office.peer.uri('alice'),
    ]);
  });

  test('more phones than a user may have are refused', async () => {
    const { registration } = await openPhone(HOME);
    const contacts = [1, 2, 3, 4].map((port) => `<sip:alice@127.0.0.20:${port}>`);
    expect(statusOf(await registration.register({ contacts }))).toBe(503);
    expect(statusOf(await registration.register({ contacts: contacts.slice(0, 3) }))).toBe(200);
  });

  test('with outbound and GRUU where a phone asks for them', async () => {
    const { peer, registration } = await openPhone(HOME);
    const instance = '<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>';
    const ok = await registration.register({
      contacts: [`<${peer.uri('alice')};ob>;reg-id=1;+sip.instance="${instance}"`],
      headers: [['Supported', 'path, outbound, gruu']],
    });
    expect(statusOf(ok)).toBe(200);
    expect(need(ok, 'require')).toBe('outbound');
    expect(contactsOf(ok)[0]).toContain(
      'pub-gruu="sip:alice@phones.example;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"',
    );
    expect(contactsOf(ok)[0]).toMatch(/temp-gruu="sip:tgruu\.[^@]+@phones\.example;gr"/);
    const unsupported = await registration.ask({ headers: [['Require', 'teleport']] });
    expect(unsupported.startLine).toMatch(/^SIP\/2\.0 420/);
    expect(need(unsupported, 'unsupported')).toBe('teleport');
  });

  test('runs out, and the phone is gone', async () => {
    const { registration } = await openPhone(HOME);
    await registration.register({ expires: 1 });
    await until('alice is there', async () => (await userOf(ALICE)).available);
    await until('alice is gone', async () => !(await userOf(ALICE)).available);
    expect(contactsOf(await registration.register({ contacts: undefined }))).toEqual([]);
  });

  test('nobody but a registered phone gets an answer to OPTIONS; its INVITE needs credentials', async () => {
    const { peer, registration } = await openPhone(HOME);
    await registration.register();
    expect(
      statusOf(await peer.request('OPTIONS', stage.gateway.sip, { uri: `sip:${DOMAIN}`, headers: [] })),
    ).toBe(200);
    const call = peer.invite({
      to: stage.gateway.sip,
      did: TO_ALICE,
      from: `<sip:alice@${DOMAIN}>`,
      media: await stage.phone(HOME),
    });
    expect(statusOf(await call.final())).toBe(401);
    const stranger = await openSipPeer({ address: STRANGER });
    opened.push(stranger);
    const ignored = stranger.request('OPTIONS', stage.gateway.sip, { uri: `sip:${DOMAIN}` });
    await expect(Promise.race([ignored, sleep(1000).then(() => 'silence')])).resolves.toBe('silence');
    ignored.catch(() => undefined);
  });
});

/** Answers the INVITE that reaches a phone in a browser. */
const inviteOf = (phone: WebPhone): Promise<SipMessage> =>
  until('the INVITE', () => phone.received.find(({ message }) => message.method === 'INVITE')?.message);

describe('calling a user', () => {
  test('rings the phone and bridges the call', async () => {
    const { peer, registration } = await openPhone(HOME);
    await registration.register();
    const answered = await stage.answered({ did: TO_ALICE, by: peer, farPhone: { address: HOME } });
    const row = await stage.finish(answered, { talkMs: 800 });
    expect(row.call).toMatchObject({ status: 'answered', line_id: 'alice' });
    expect(uriOf(answered.line.invite.uri ?? '')).toBe(peer.uri('alice'));
  });

  test('rings every phone; the first that answers has it and the others stop', async () => {
    const home = await openPhone(HOME);
    const office = await openPhone(OFFICE);
    await home.registration.register();
    await office.registration.register();
    const atHome = stage.nextCall(home.peer);
    const atOffice = stage.nextCall(office.peer);
    const call = stage.dial({ did: TO_ALICE, media: await stage.phone('127.0.0.2') });
    const [ringing, winner] = await Promise.all([atHome, atOffice]);
    ringing.respond(180, 'Ringing');
    winner.respond(180, 'Ringing');
    winner.accept(await stage.phone(OFFICE));
    expect(statusOf(await call.final())).toBe(200);
    expect((await ringing.ended()).message.method).toBe('CANCEL');
    await call.bye();
    await winner.ended();
    expect((await stage.record(call)).call.status).toBe('answered');
  });

  test('is declined for all phones by one that says so', async () => {
    const home = await openPhone(HOME);
    const office = await openPhone(OFFICE);
    await home.registration.register();
    await office.registration.register();
    const atHome = stage.nextCall(home.peer);
    const atOffice = stage.nextCall(office.peer);
    const call = stage.dial({ did: TO_ALICE, media: await stage.phone('127.0.0.2') });
    const [declining, ringing] = await Promise.all([atHome, atOffice]);
    ringing.respond(180, 'Ringing');
    declining.respond(603, 'Decline');
    expect((await ringing.ended()).message.method).toBe('CANCEL');
    const row = await stage.record(call);
    expect(row.call.status).toBe('rejected');
  });

  test('behind NAT goes where its REGISTER came from', async () => {
    const { peer, registration } = await openPhone(HOME, ALICE, { contact: '<sip:alice@192.168.1.5:5060>' });
    await registration.register();
    const arriving = stage.nextCall(peer);
    const call = stage.dial({ did: TO_ALICE, media: await stage.phone('127.0.0.2') });
    const line = await arriving;
    expect(line.invite.uri).toBe('sip:alice@192.168.1.5:5060');
    line.respond(486, 'Busy Here');
    expect((await stage.record(call)).call.status).toBe('busy');
  });

  test('in a browser goes over the connection that it registered on', async () => {
    const { ws } = stage.gateway;
    if (!ws) throw new Error('no WebSocket');
    const phone = await openWebPhone(ws, 'alice');
    opened.push(phone);
    const ok = await createRegistration(phone, ALICE).register();
    expect(statusOf(ok)).toBe(200);
    const call = stage.dial({ did: TO_ALICE, media: await stage.phone('127.0.0.2') });
    const invite = await inviteOf(phone);
    expect(invite.uri).toBe(uriOf(phone.contact));
    phone.reply(writeResponse(invite, 486, 'Busy Here', { toTag: 'web' }));
    expect((await stage.record(call)).call.status).toBe('busy');
  });

  test('without a phone goes on to the next line, and says why', async () => {
    const answered = await stage.answered({ did: TO_BOB_OR_FIRST });
    const row = await stage.finish(answered, { talkMs: 200 });
    expect(row.call).toMatchObject({ status: 'answered', line_id: 'first' });
    expect(row.events.map(({ text }) => text).join('\n')).toContain('bob has no phone registered');
  });
});

describe('a restart', () => {
  test('keeps UDP phones and marks browsers as lost until they come back', async () => {
    const { peer, registration } = await openPhone(HOME);
    await registration.register();
    const { ws } = stage.gateway;
    if (!ws) throw new Error('no WebSocket');
    const browser = await openWebPhone(ws, 'bob');
    opened.push(browser);
    expect(statusOf(await createRegistration(browser, BOB).register())).toBe(200);
    await stage.gateway.stop();
    await stage.gateway.restart();
    const bob = await until('bob is marked', async () => {
      const found = await userOf(BOB);
      return found.contacts[0]?.flowLost === true && found;
    });
    expect(bob.available).toBe(false);
    expect((await dialtrace('user', 'list')).stdout).toMatch(/bob.*flow lost/);

    const answered = await stage.answered({ did: TO_ALICE, by: peer, farPhone: { address: HOME } });
    expect((await stage.finish(answered, { talkMs: 200 })).call.line_id).toBe('alice');
    const missing = await stage.answered({ did: TO_BOB_OR_FIRST });
    const row = await stage.finish(missing, { talkMs: 200 });
    expect(row.events.map(({ text }) => text).join('\n')).toContain('have not registered again');
  });

  test('is not needed to take a user out of service', async () => {
    const { peer, registration } = await openPhone(HOME, BOB);
    await registration.register();
    let rang = false;
    peer.onCall((call) => {
      rang = true;
      call.respond(480, 'Temporarily Unavailable');
    });
    expect((await dialtrace('user', 'set', 'bob', '--enabled', 'no')).code).toBe(0);
    const answered = await stage.answered({ did: TO_BOB_OR_FIRST });
    const row = await stage.finish(answered, { talkMs: 200 });
    expect(row.events.map(({ text }) => text).join('\n')).toContain('bob is disabled');
    expect(rang).toBe(false);
    expect(statusOf(await registration.register())).toBe(403);
    expect((await dialtrace('user', 'set', 'bob', '--enabled', 'yes')).code).toBe(0);
  });
});
