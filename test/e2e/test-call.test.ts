import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestCallReport } from '../../src/cli/test-call.ts';
import { findTone, readWav, rms } from '../support/audio.ts';
import { commandOf, type Finished, runDialtrace } from '../support/command.ts';
import { createRegistration, type Wire } from '../support/phone.ts';
import { openSipPeer, type SipPeer } from '../support/sip-peer.ts';
import { CARRIER, DID, openStage, SOURCE, type Stage } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';

/** The built-in echo, and `dialtrace test-call` as a user runs it: a process of its own beside the gateway. */

const TO_ECHO = '+493023125031';
const UNRECORDED_ECHO = '+493023125032';
const TO_ALICE = '+493023125033';
const ALICE = { user: 'alice', domain: 'phones.example', password: 'staple' };

let stage: Stage;
let dialtrace: (...words: readonly string[]) => Promise<Finished>;
beforeAll(async () => {
  stage = await openStage({
    registrar: { domains: [ALICE.domain] },
    extend: () => ({
      lines: [
        { id: 'echo', name: 'Echo test', type: 'echo' },
        { id: 'alice', type: 'user', user: ALICE.user, ringTimeoutSeconds: 8 },
      ],
      numbers: [
        { number: TO_ECHO, source: SOURCE.id, lines: ['echo'] },
        { number: UNRECORDED_ECHO, source: SOURCE.id, lines: ['echo'], record: false },
        { number: TO_ALICE, source: SOURCE.id, lines: ['alice'] },
      ],
    }),
  });
  dialtrace = commandOf(stage.gateway);
});
afterAll(() => stage?.close());

const wireOf = (peer: SipPeer): Wire => ({
  via: `SIP/2.0/UDP ${peer.address}:${peer.port};rport`,
  contact: `<${peer.uri(ALICE.user)}>`,
  received: peer.received,
  send: (text) => peer.raw(text, stage.gateway.sip),
});

const stateOf = (report: TestCallReport): Record<string, string> =>
  Object.fromEntries(report.checks.map(({ name, state }) => [name, state]));

test('the echo gives a caller his own voice back, and is recorded on both channels', async () => {
  const near = await stage.phone(CARRIER, { frequency: 400, law: 'PCMA' });
  const call = stage.dial({ did: TO_ECHO, media: near });
  expect((await call.final()).status).toBe(200);
  near.start();
  await sleep(1200);
  await call.bye();
  near.stop();
  const row = await stage.record(call);
  expect(row.call).toMatchObject({ status: 'answered', line_id: 'echo', hangup_by: 'caller' });
  expect(findTone(near.audio(), 400).seconds).toBeGreaterThan(0.9);
  const [left, right] = stage.recording(row).channels;
  expect(findTone(left ?? new Int16Array(), 400).seconds).toBeGreaterThan(0.9);
  expect(findTone(right ?? new Int16Array(), 400).seconds).toBeGreaterThan(0.9);
});

describe('dialtrace test-call', () => {
  test('to a number that works: every check passes, exit code 0, and the call is marked as a test', async () => {
    const { code, stdout, stderr } = await dialtrace('test-call', TO_ECHO, '--seconds', '2');
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('The test call passed.');
    expect(stdout).toContain(`${SOURCE.name} (${SOURCE.id})`);
    expect(stdout).toMatch(/line echo answered after \d+ ms/);
    const path = stdout.match(/recorded\s+(\/.*\.wav)/)?.[1] ?? '';
    expect(existsSync(path), stdout).toBe(true);
    expect(readWav(path).seconds).toBeGreaterThan(1.8);

    const row = stage.gateway.records.calls().at(-1);
    expect(row?.call).toMatchObject({ is_test: 1, trunk_id: 'self-test', did: TO_ECHO, status: 'answered' });
    expect(join(stage.gateway.recordings, row?.recordings[0]?.path ?? '')).toBe(path);
  });

  test('to a number in national form, as JSON, from a caller of choice', async () => {
    const caller = '+493023125555';
    const { code, stdout } = await dialtrace(
      'test-call',
      '030 23125032',
      '--caller',
      caller,
      '--seconds',
      '1',
      '--json',
    );
    expect(code, stdout).toBe(0);
    const report = JSON.parse(stdout) as TestCallReport;
    expect(report.passed).toBe(true);
    expect(stateOf(report)).toEqual({
      'reached the gateway': 'ok',
      source: 'ok',
      'reached the line': 'ok',
      'caller → line': 'ok',
      'line → caller': 'ok',
      recorded: 'off',
    });
    expect(stdout).not.toContain(caller);
  });

  test('to a number whose line is dead: exit code 1, and it says that the line was not reached', async () => {
    const { code, stdout, stderr } = await dialtrace('test-call', DID.nowhere);
    expect(code).toBe(1);
    expect(stderr).toBe('');
    expect(stdout).toContain('✓ reached the gateway');
    expect(stdout).toMatch(/✗ reached the line +not answered: 480 .*the line did not answer: unreachable/);
    expect(stdout).toContain('The test call failed.');
    expect(stage.gateway.records.calls().at(-1)?.call).toMatchObject({ is_test: 1, status: 'unreachable' });
  });

  test('to a line that answers but says nothing: exit code 1, and it names the silent side', async () => {
    const far = await stage.phone('127.0.0.3', { frequency: 700 });
    stage.first.onCall((line) => {
      far.follow(line.invite.body);
      line.respond(200, 'OK', { sdp: far.sdp() });
    });
    const { code, stdout } = await dialtrace('test-call', DID.first, '--seconds', '1', '--json');
    expect(code).toBe(1);
    expect(stateOf(JSON.parse(stdout) as TestCallReport)).toMatchObject({
      'reached the line': 'ok',
      'caller → line': 'ok',
      'line → caller': 'fail',
    });
    expect(findTone(far.audio(), 400).seconds).toBe(0);
    expect(far.packets.length).toBeGreaterThan(20);
  });

  test('to a user: it speaks to whoever answers, until that side hangs up', async () => {
    const file = join(stage.gateway.directory, 'alice.txt');
    writeFileSync(file, ALICE.password);
    expect((await dialtrace('user', 'add', ALICE.user, '--password-file', file)).code).toBe(0);
    const nobody = await dialtrace('test-call', TO_ALICE);
    expect(nobody.code).toBe(1);
    expect(nobody.stdout).toMatch(/not answered: 480 .*is alice logged in and ready\?/);

    const peer = await openSipPeer({ address: '127.0.0.20', user: ALICE.user });
    const far = await stage.phone('127.0.0.20', { frequency: 700 });
    const registration = createRegistration(wireOf(peer), ALICE);
    expect((await registration.register({ expires: 60 })).startLine).toBe('SIP/2.0 200 OK');
    let ended: Promise<unknown> | undefined;
    peer.onCall((call) => {
      far.follow(call.invite.body);
      call.respond(180, 'Ringing');
      call.respond(200, 'OK', { sdp: far.sdp() });
      far.start();
      ended = sleep(2500).then(() => call.bye());
    });
    const { code, stdout, stderr } = await dialtrace('test-call', TO_ALICE, '--ring', '20');
    far.stop();
    await ended;
    await peer.close();
    expect(code, stdout).toBe(0);
    expect(stderr).toContain(`${TO_ALICE} rings`);
    // Words, not the tone: sound of more than one pitch, and for less than the 30 s that it would go on.
    expect(rms(far.audio())).toBeGreaterThan(-45);
    expect(findTone(far.audio(), 440).seconds).toBeLessThan(0.5);
    expect(stage.gateway.records.calls().at(-1)?.call).toMatchObject({ hangup_by: 'line', line_id: 'alice' });
  });

  test('to an unknown number: exit code 1, and it says so', async () => {
    const { code, stdout } = await dialtrace('test-call', DID.unknown);
    expect(code).toBe(1);
    expect(stdout).toContain('✓ reached the gateway');
    expect(stdout).toMatch(new RegExp(`✗ source +\\${DID.unknown} is no tracking number`));
    expect(stdout).toMatch(/✗ reached the line +not answered: 404/);
  });

  test('to what is no number: exit code 2', async () => {
    const { code, stdout, stderr } = await dialtrace('test-call', 'sales');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('"sales" is no phone number');
  });

  test('while no gateway runs: exit code 1, one sentence', async () => {
    await stage.gateway.stop();
    const { code, stdout, stderr } = await dialtrace('test-call', TO_ECHO);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^No gateway is running on .*dialtrace\.yaml: start it with `dialtrace start`\n$/);
    const json = await dialtrace('test-call', TO_ECHO, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stderr).error).toMatchObject({ kind: 'failure' });
  });

  test('after the gateway was killed: the run file that it left fools nobody', async () => {
    await stage.gateway.restart();
    await stage.gateway.kill9();
    expect(existsSync(join(stage.gateway.directory, 'data/gateway.json'))).toBe(true);
    const { code, stderr } = await dialtrace('test-call', TO_ECHO);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^No gateway is running/);
  });

  test('with a configuration that does not exist: exit code 2, and it names the file', async () => {
    const { code, stderr } = await runDialtrace('/nonexistent/dialtrace.yaml', 'test-call', TO_ECHO);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^\/nonexistent\/dialtrace\.yaml can't be read\n/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
