import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRunFile } from '../../../src/base/run-file.ts';
import { makePlace, type Place } from './run-cli.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

describe('start', () => {
  it('applies the plan at first, tells where it listens, refuses a second gateway, and stops on a signal', async () => {
    const child = place.spawn('start', '--json', '--no-self-test');
    const closed = new Promise((done) => child.on('close', done));
    try {
      const ready = JSON.parse(
        await new Promise<string>((done) => child.stdout?.setEncoding('utf8').once('data', done)),
      );
      expect(ready).toMatchObject({ event: 'ready', pid: child.pid, numbers: 1 });
      expect(await readRunFile(place.path('data/gateway.json'))).toMatchObject({
        pid: child.pid,
        http: ready.http,
      });
      expect((await fetch(`http://${ready.http}/healthz`)).status).toBe(200);
      const second = await place.runProcess('start');
      expect(second.code).toBe(1);
      expect(second.stderr).toContain(`running already (process ${child.pid}`);
      const doctor = JSON.parse((await place.run('doctor', '--json')).stdout);
      expect(doctor.checks.find((check: { name: string }) => check.name === 'Gateway').state).toBe('ok');
    } finally {
      child.kill('SIGTERM');
    }
    expect(await closed).toBe(0);
    expect(await readRunFile(place.path('data/gateway.json'))).toBeUndefined();
  });

  it('does not start on a wrong plan', async () => {
    await place.write(
      'config/tracking.yaml',
      'numbers: [{ number: nonsense, source: none, lines: [none] }]\n',
    );
    const result = await place.runProcess('start');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('numbers[0].number');
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });
});
