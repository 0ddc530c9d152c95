import type { Identity } from '../../bench/light-browser.ts';
import { newStream } from '../../bench/rtp-load.ts';
import { mediaWorkers } from '../../support/media-workers.ts';
import type { PeerCall } from '../../support/sip-peer.ts';
import type { Stage } from '../../support/stage.ts';
import { sleep, until } from '../../support/wait.ts';
import type { AgentCall } from './agent.ts';

export const DOMAIN = 'phones.example';

/** A call that the carrier has placed. */
export type Scene = {
  readonly stage: Stage;
  readonly call: PeerCall;
  /** It at the agent's page, where it rings. */
  readonly at: AgentCall;
  readonly identity: Identity;
  /** Sends one packet of the caller's audio. */
  readonly say: () => void;
};

/** Some audio both ways. */
const talk = async ({ at: { browser }, say }: Scene, ms: number): Promise<void> => {
  if (!browser) throw new Error('no browser');
  const stream = newStream(browser.ssrc, browser.send);
  for (let passed = 0; passed < ms; passed += 20) {
    stream.sequence += 1;
    const packet = Buffer.from(stream.packet);
    packet.writeUInt16BE(stream.sequence, 2);
    packet.writeUInt32BE(stream.sequence * 160, 4);
    browser.send(packet);
    say();
    await sleep(20);
  }
};

const expectFinal = async ({ call }: Scene, status: number): Promise<string> => {
  const final = await call.final();
  if (final.status !== status) throw new Error(`${final.startLine} instead of ${status}`);
  return final.body;
};

const answered = async (scene: Scene): Promise<void> => {
  await scene.at.answer(scene.identity);
  await expectFinal(scene, 200);
  await talk(scene, 100);
};

const over = async ({ at }: Scene): Promise<void> => {
  await until('the end at the agent', () => at.over);
};

export const WORKER_DIES = 'whose worker dies';

/** How calls go. */
export const KINDS: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'ended by the caller': async (scene) => {
    await answered(scene);
    await scene.call.bye();
    await over(scene);
  },
  'ended by the agent': async (scene) => {
    await answered(scene);
    await scene.at.request('BYE');
    await scene.call.ended();
    scene.at.vanish();
  },
  'held and taken up again': async (scene) => {
    await answered(scene);
    for (const on of [true, false]) {
      const { startLine, status } = await scene.at.hold(on);
      if (status !== 200) throw new Error(`re-INVITE: ${startLine}`);
      await talk(scene, 60);
    }
    await scene.call.bye();
    await over(scene);
  },
  cancelled: async (scene) => {
    await scene.call.ringing();
    await scene.call.cancel();
    await over(scene);
  },
  refused: async (scene) => {
    scene.at.refuse(486, 'Busy Here');
    await expectFinal(scene, 486);
  },
  'never answered': async (scene) => {
    await expectFinal(scene, 480);
    await over(scene);
  },
  'with a wrong fingerprint': async (scene) => {
    await scene.at.answer(scene.identity, true).catch(() => undefined);
    await scene.call.ended();
    await over(scene);
  },
  'whose page is closed': async (scene) => {
    await answered(scene);
    scene.at.vanish();
    await scene.call.ended();
    await over(scene);
  },
  'handed on to nobody': async (scene) => {
    await answered(scene);
    const { status } = await scene.at.request('REFER', {
      headers: [['Refer-To', `<sip:nowhere@${DOMAIN}>`]],
    });
    if (status !== 202) throw new Error(`REFER: ${status}`);
    await talk(scene, 400);
    await scene.call.bye();
    await over(scene);
  },
  'handed on': async (scene) => {
    await answered(scene);
    const { stage } = scene;
    const arriving = stage.nextCall();
    arriving.catch(() => undefined);
    const { status } = await scene.at.request('REFER', {
      headers: [['Refer-To', `<sip:first@${DOMAIN}>`]],
    });
    if (status !== 202) throw new Error(`REFER: ${status}`);
    const line = await arriving;
    line.respond(200, 'OK', {
      sdp: 'v=0\r\no=- 1 1 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n',
    });
    await over(scene);
    await scene.call.bye();
    await line.ended();
  },
  [WORKER_DIES]: async (scene) => {
    await answered(scene);
    const before = scene.at.browser;
    for (const pid of mediaWorkers(scene.stage.gateway.pid())) process.kill(pid, 'SIGKILL');
    await until('the offer of another worker', () => scene.at.browser !== before);
    await sleep(300);
    await talk(scene, 60);
    await scene.call.bye();
    await over(scene);
    await until('another worker', () => mediaWorkers(scene.stage.gateway.pid()).length > 0);
  },
};

/** How often of a hundred; the others are ended by the caller. A worker dies once, before all others: with it goes what it leaks. */
const SHARES: Readonly<Record<string, number>> = {
  'ended by the agent': 15,
  'held and taken up again': 10,
  cancelled: 12,
  refused: 12,
  'never answered': 4,
  'with a wrong fingerprint': 6,
  'whose page is closed': 4,
  'handed on to nobody': 4,
  'handed on': 8,
};

/** `count` kinds in their shares, well mixed. */
export const deckOf = (count: number): readonly string[] => {
  const deck = Object.entries(SHARES).flatMap(([kind, share]) =>
    Array.from({ length: Math.max(1, Math.round((share * count) / 100)) }, () => kind),
  );
  while (deck.length < count) deck.push('ended by the caller');
  // 37 has no divisor in common with the lengths in use.
  return deck.map((_, index) => deck[(index * 37) % deck.length] ?? '');
};
