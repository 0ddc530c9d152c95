import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SECRET, until } from './harness.ts';

/** A frame from the engine: the fields of its leader, and the SIP text below it. */
export type Frame = { readonly fields: readonly string[]; readonly text: string; readonly raw: string };

/** An application that speaks the protocol itself. */
export type AppSocket = {
  readonly socket: Socket;
  readonly frames: readonly Frame[];
  /** Sends one frame. */
  send(payload: string): void;
  /** The first frame not yet taken for which `fits` holds. */
  next(fits: (frame: Frame) => boolean): Promise<Frame>;
  /** Sends a command and gives its reply; the id is put before it. */
  ask(command: string): Promise<Frame>;
  /** The next request of this method. */
  request(method: string): Promise<Frame>;
  readonly ended: Promise<unknown>;
};

export const frameOf = (payload: string): string => `${Buffer.byteLength(payload)}#${payload}`;

const readFrame = (payload: string): Frame => {
  const end = payload.indexOf('\r\n');
  const leader = end < 0 ? payload : payload.slice(0, end);
  return { fields: leader.split('|'), text: end < 0 ? '' : payload.slice(end + 2), raw: payload };
};

let serial = 0;

/** Speaks on a socket that is open, or will be. */
export const speak = (socket: Socket): AppSocket => {
  const frames: Frame[] = [];
  const taken = new Set<Frame>();
  let rest = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let hash = rest.indexOf('#'); hash > 0; hash = rest.indexOf('#')) {
      const end = hash + 1 + Number(rest.toString('latin1', 0, hash));
      if (rest.length < end) return;
      frames.push(readFrame(rest.toString('utf8', hash + 1, end)));
      rest = rest.subarray(end);
    }
  });
  const send = (payload: string): void => {
    socket.write(frameOf(payload));
  };
  const next = async (fits: (frame: Frame) => boolean): Promise<Frame> => {
    const find = (): Frame | undefined => frames.find((frame) => !taken.has(frame) && fits(frame));
    await until(() => find() !== undefined);
    const found = find();
    if (found === undefined) throw new Error('gone again');
    taken.add(found);
    return found;
  };
  return {
    socket,
    frames,
    send,
    next,
    ask(command) {
      const id = `command-${++serial}`;
      send(`${id}|${command}`);
      return next(({ fields }) => fields[1] === 'response' && fields[2] === id);
    },
    request: (method) => next(({ fields, text }) => fields[1] === 'sip' && text.startsWith(`${method} `)),
    ended: once(socket, 'close'),
  };
};

/** A connection that has said nothing yet. `ca` for one over TLS. */
export const dial = async (port: number, ca?: string): Promise<AppSocket> => {
  const socket = ca === undefined ? connect(port, '127.0.0.1') : connectTls({ port, host: '127.0.0.1', ca });
  const app = speak(socket);
  await once(socket, ca === undefined ? 'connect' : 'secureConnect');
  return app;
};

/** An authenticated application that takes these verbs. */
export const join = async (port: number, verbs: readonly string[] = [], tags = ''): Promise<AppSocket> => {
  const app = await dial(port);
  await app.ask(`authenticate|${SECRET}|${tags}`);
  for (const verb of verbs) await app.ask(`route|${verb}`);
  return app;
};
