import { createSipEngine, type SipEngine, type TlsOptions } from '../../src/sip-engine/index.ts';
import { connectSrf, type Srf } from '../integration/sip-engine/srf.ts';
import { makeAuthority } from '../support/certificates.ts';
import { sleep } from '../support/wait.ts';
import { prepareApp, sdp } from './app.ts';
import { startLoad, type Tally } from './load.ts';
import { openPhone, type Phone } from './phone.ts';
import { BAN, PHONES, QUIET, RINGERS, TIMERS } from './plan.ts';
import { type House, startHouse } from './process.ts';
import { type Bounds, growth, leftOver, type Sample } from './verdict.ts';
import { PROTOCOLS, type Protocol } from './wire.ts';

export type SoakOptions = {
  readonly minutes: number;
  readonly bounds: Bounds;
  /** Gets each sample when it is taken. */
  onSample(sample: Sample): void;
};

export type SoakResult = {
  readonly tally: Tally;
  readonly samples: readonly Sample[];
  readonly before: Sample;
  readonly after: Sample;
  /** Sentences; none when all is well. */
  readonly faults: readonly string[];
};

const SECRET = 'only for this soak';
/** Of all that was begun, so much may go otherwise: a machine that is busy with other things loses time and datagrams. */
const MISTAKES = 0.01;
/** The part of the time in which memory settles. */
const SETTLING = 0.2;

const listen = PROTOCOLS.map((protocol) => ({ protocol, address: '127.0.0.1', port: 0 }));

const portIn =
  (hostports: readonly string[]) =>
  (protocol: Protocol): number =>
    Number(
      hostports
        .find((each) => each.startsWith(`${protocol}/`))
        ?.split(':')
        .at(-1),
    );

/** The carrier: an engine of its own with an application that calls, and answers as a line. */
const openCarrier = async (
  tls: TlsOptions,
): Promise<{ readonly srf: Srf; readonly engine: SipEngine; line(protocol: Protocol): string }> => {
  const engine = await createSipEngine({
    listen,
    admin: { address: '127.0.0.1', port: 0, secret: SECRET },
    tls,
    timers: TIMERS,
  });
  const srf = await connectSrf(engine.admin, SECRET, (one) => {
    one.invite((req, res) => void one.createUAS(req, res, { localSdp: sdp('line') }).catch(() => {}));
  });
  const portOf = portIn(engine.hostports);
  return {
    srf,
    engine,
    line: (protocol) => `sip:line@127.0.0.1:${portOf(protocol)};transport=${protocol}`,
  };
};

const sampler = (house: House, started: number) => async (): Promise<Sample> => ({
  at: performance.now() - started,
  ...(await house.ask({ type: 'sample' })),
});

/** Waits until nothing is left that was not there before, or long enough. */
const untilQuiet = async (take: () => Promise<Sample>, before: Sample): Promise<Sample> => {
  await sleep(QUIET.least);
  const limit = performance.now() + QUIET.most;
  for (;;) {
    const sample = await take();
    if (leftOver(before, sample).length === 0 || performance.now() > limit) return sample;
    await sleep(1000);
  }
};

const faultsOf = (
  { samples, before, after, tally }: Omit<SoakResult, 'faults'>,
  bounds: Bounds,
): readonly string[] => {
  const grew = growth(samples, bounds);
  const left = leftOver(before, after);
  return [
    ...(grew === undefined ? [] : [grew]),
    ...(left.length === 0 ? [] : [`Something is left when all is quiet: ${left.join('; ')}.`]),
    ...(tally.mistakes <= tally.total * MISTAKES
      ? []
      : [`${tally.mistakes} of ${tally.total} went otherwise than they should.`]),
  ];
};

const openPhones = (portOf: (protocol: Protocol) => number, ca: string): Promise<readonly Phone[]> =>
  Promise.all(
    Array.from({ length: PHONES }, (_, index) => {
      const protocol = PROTOCOLS[index % PROTOCOLS.length] ?? 'udp';
      const answers = index < PHONES - RINGERS;
      return openPhone({ protocol, port: portOf(protocol), ca, user: `phone${index}`, answers });
    }),
  );

/** A part of a day: one engine, watched in a process of its own, with everything that talks to it in this one. */
export const soak = async ({ minutes, bounds, onSample }: SoakOptions): Promise<SoakResult> => {
  const authority = await makeAuthority();
  const issue = async (): Promise<TlsOptions> => ({
    ...(await authority.issue({ addresses: ['127.0.0.1'] })),
    ca: authority.ca,
  });
  const certificates = [await issue(), await issue()];
  const house = startHouse();
  const closers: (() => unknown)[] = [() => house.end()];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const { admin, hostports } = await house.ask({
      type: 'start',
      options: {
        listen,
        admin: { address: '127.0.0.1', port: 0, secret: SECRET },
        ...(certificates[0] !== undefined && { tls: certificates[0] }),
        timers: TIMERS,
        wall: { trusted: ['127.0.0.1/32'], banSeconds: BAN },
      },
    });
    const carrier = await openCarrier(await issue());
    closers.push(() => carrier.engine.close());
    let phones: readonly Phone[] = [];
    const app = await connectSrf(admin, SECRET, (srf) =>
      prepareApp(srf, { line: carrier.line, contactOf: (index) => phones[Number(index)]?.contact ?? '' }),
    );
    closers.push(() => app.disconnect());
    const take = sampler(house, performance.now());
    const before = await take();
    onSample(before);

    const portOf = portIn(hostports);
    phones = await openPhones(portOf, authority.ca);
    closers.push(() => {
      for (const phone of phones) phone.drop();
    });
    const load = startLoad({
      carrier: carrier.srf,
      phones,
      portOf,
      admin,
      secret: SECRET,
      changeCertificate: async (n) => {
        const tls = certificates[(n + 1) % certificates.length];
        if (tls !== undefined) await house.ask({ type: 'certificate', tls });
      },
    });
    const length = minutes * 60_000;
    const every = Math.max(1500, length / 20);
    const samples: Sample[] = [];
    const begun = performance.now();
    for (let at = every; at <= length; at += every) {
      await sleep(begun + at - performance.now());
      const sample = await take();
      samples.push(sample);
      onSample(sample);
    }
    await load.stop();
    await Promise.all(phones.map((phone, index) => (index % 2 === 0 ? phone.register(0) : undefined)));
    for (const phone of phones) phone.drop();
    carrier.srf.disconnect();
    await carrier.engine.close();
    const after = await untilQuiet(take, before);
    onSample(after);
    const result = {
      tally: load.tally,
      samples: samples.filter(({ at }) => at >= length * SETTLING),
      before,
      after,
    };
    return { ...result, faults: faultsOf(result, bounds) };
  } finally {
    await close();
  }
};
