import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callOut, deferred, type Harness, startHarness, until } from './harness.ts';
import { newBranch, type Peer, read, sdp, tagIn } from './peer.ts';
import type { Dialog, SipMessage } from './srf.ts';

/** Phones and testers that write SIP as they please: what other servers take is taken. */

let harness: Harness;
let peer: Peer;
let dialog: { readonly promise: Promise<Dialog>; readonly resolve: (dialog: Dialog) => void };
let ended: { readonly promise: Promise<void>; readonly resolve: () => void };
beforeEach(async () => {
  dialog = deferred<Dialog>();
  ended = deferred<void>();
  harness = await startHarness({}, (srf) =>
    srf.invite(async (req, res) => {
      const made = await srf.createUAS(req, res, { localSdp: sdp('answer') });
      made.on('destroy', () => ended.resolve());
      dialog.resolve(made);
    }),
  );
  peer = await harness.peer();
});
afterEach(() => harness?.close());

type Lines = Readonly<Record<string, string>>;

let serial = 0;

/** The headers of a request as one phone would write them. */
const usual = (method: string, cseq: number, toTag = ''): Lines => ({
  Via: `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=${newBranch()}`,
  'Max-Forwards': '70',
  From: `<sip:phone@127.0.0.1:${peer.port}>;tag=sloppy`,
  To: `<sip:service@127.0.0.1:${harness.port}>${toTag}`,
  'Call-ID': `sloppy-${process.pid}-${serial}`,
  CSeq: `${cseq} ${method}`,
  Contact: `<sip:phone@127.0.0.1:${peer.port}>`,
});

const write = (startLine: string, lines: readonly string[], body: string): string =>
  [startLine, ...lines, '', body].join('\r\n');

const linesOf = (headers: Lines): string[] =>
  Object.entries(headers).map(([name, value]) => `${name}: ${value}`);

const service = (): string => `sip:service@127.0.0.1:${harness.port}`;

/** Calls with `invite`, then acknowledges and hangs up with requests for the called number instead of the Contact. */
const wholeCall = async (invite: string): Promise<void> => {
  peer.send(invite, harness.port);
  const ok = await peer.next('INVITE 200');
  const toTag = `;tag=${tagIn(ok.header('To'))}`;
  peer.send(write(`ACK ${service()} SIP/2.0`, linesOf(usual('ACK', 1, toTag)), ''), harness.port);
  await dialog.promise;
  peer.send(write(`BYE ${service()} SIP/2.0`, linesOf(usual('BYE', 2, toTag)), ''), harness.port);
  await peer.next('BYE 200');
  await ended.promise;
};

/** An INVITE whose headers are changed, left out (undefined) or added. */
const inviteWith = (
  changes: Readonly<Record<string, string | undefined>>,
  { body = sdp('offer'), startLine = `INVITE ${service()} SIP/2.0` } = {},
): string => {
  const headers = {
    ...usual('INVITE', 1),
    'Content-Type': 'application/sdp',
    'Content-Length': String(Buffer.byteLength(body)),
    ...changes,
  };
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}`,
  );
  return write(startLine, kept, body);
};

describe('a call goes through', () => {
  beforeEach(() => {
    serial += 1;
  });

  it('without Max-Forwards', () => wholeCall(inviteWith({ 'Max-Forwards': undefined })));

  it('with a Contact without brackets, and parameters behind it', () =>
    wholeCall(inviteWith({ Contact: `sip:phone@127.0.0.1:${peer.port};transport=udp` })));

  it('with From and To without brackets', () =>
    wholeCall(
      inviteWith({
        From: `sip:phone@127.0.0.1:${peer.port};tag=sloppy`,
        To: `sip:service@127.0.0.1:${harness.port}`,
      }),
    ));

  it('with blanks before the colon and around separators', () =>
    wholeCall(
      inviteWith({
        'Content-Length': undefined,
        'Content-Length ': String(Buffer.byteLength(sdp('offer'))),
        From: `<sip:phone@127.0.0.1:${peer.port}> ; tag = sloppy`,
      }),
    ));

  it('with names of headers in any case', () =>
    wholeCall(
      inviteWith({}).replace('Via:', 'vIA:').replace('CSeq:', 'CSEQ:').replace('Call-ID:', 'CALL-id:'),
    ));

  it('with a method in small letters in Allow, and option tags in capitals', () =>
    wholeCall(inviteWith({ Allow: 'invite, ack,bye ,Cancel', Supported: 'REPLACES, 100REL' })));

  it('with empty headers', () => wholeCall(inviteWith({ Supported: '', Subject: '', 'User-Agent': '' })));

  it('with trailing garbage behind the body', async () => wholeCall(`${inviteWith({})}\r\n\0\0 and more`));

  it('with empty lines before it', () => wholeCall(`\r\n\r\n${inviteWith({})}`));

  it('without Content-Length over UDP', () => wholeCall(inviteWith({ 'Content-Length': undefined })));

  it('with a Via in small letters and an empty rport', () =>
    wholeCall(inviteWith({ Via: `sip/2.0/udp 127.0.0.1:${peer.port};RPORT;branch=${newBranch()}` })));

  it('with parameters and headers of its own', () =>
    wholeCall(
      inviteWith(
        { 'P-Asserted-Identity': 'sip:a%20b@h;x=1', 'X-Odd_Name!': 'ü' },
        { startLine: `INVITE ${service()};user=phone;x-thing=%41 SIP/2.0` },
      ),
    ));

  it('over UDP with line ends of LF alone', () => {
    const body = sdp('offer').replaceAll('\r\n', '\n');
    return wholeCall(inviteWith({}, { body }).replaceAll('\r\n', '\n'));
  });
});

describe('a callee may', () => {
  it('put a second tag into To when it answers a re-INVITE', async () => {
    const { dialog: placed, call } = await callOut(harness, peer);
    const change = placed.modify(sdp('again'));
    const invite = await peer.next('INVITE');
    const ok = call.respond(invite, 200, 'OK', { body: sdp('changed') });
    peer.send(
      ok.replace(/^To: .*$/m, (line) => `${line.trim()};tag=another`),
      harness.port,
    );
    await change;
    await peer.next('ACK');
  });

  it('answer with a Contact without brackets, without Content-Length, and a reason in any script', async () => {
    const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, { localSdp: sdp('app') });
    const invite = await peer.next('INVITE');
    const answer = write(
      'SIP/2.0 200 В порядке',
      [
        `v: ${invite.header('Via')}`,
        `f: ${invite.header('From')}`,
        `t: ${invite.header('To')};tag=callee`,
        `i: ${invite.header('Call-ID')}`,
        `CSeq:${invite.header('CSeq')}`,
        `m: sip:peer@127.0.0.1:${peer.port}`,
        'c: application/sdp',
      ],
      sdp('answer'),
    );
    peer.send(answer, harness.port);
    const made = await placed;
    expect(made.remote.sdp).toContain('s=answer');
    expect((await peer.next('ACK')).startLine).toBe(`ACK sip:peer@127.0.0.1:${peer.port} SIP/2.0`);
  });

  it('leave the reason phrase out, with or without the blank', async () => {
    for (const line of ['SIP/2.0 486', 'SIP/2.0 486 ']) {
      const placed = harness.srf
        .createUAC(`sip:peer@127.0.0.1:${peer.port}`, { localSdp: sdp('app') })
        .catch((error: SipMessage) => error.status);
      const invite = read((await peer.next('INVITE')).text);
      peer.send(
        write(
          line,
          ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => `${name}: ${invite.header(name)}`),
          '',
        ),
        harness.port,
      );
      expect(await placed).toBe(486);
      await peer.next('ACK');
    }
    await until(async () => (await harness.engine.stats()).dialogs === 0);
  });
});
