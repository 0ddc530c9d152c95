import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { read, type Text } from './peer.ts';

/** A user agent on a TCP connection of its own making: it sends text and waits for text. */
export type StreamPeer = {
  readonly log: readonly Text[];
  send(text: string): void;
  /** The next message of a kind (`BYE`, `INVITE 200`) that nobody has taken yet. */
  next(what: string): Promise<Text>;
  close(): Promise<void>;
};

const fits = (message: Text, what: string): boolean => {
  const [method = '', status] = what.split(' ');
  if (status === undefined) return message.method === method;
  return String(message.status) === status && message.header('CSeq').endsWith(` ${method}`);
};

/** Takes whole messages off the front of what has come. */
const takeMessages = (text: string): { readonly messages: Text[]; readonly rest: string } => {
  const messages: Text[] = [];
  let rest = text.replace(/^(?:\r\n)+/, '');
  for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
    const length = Number(/^content-length:\s*(\d+)/im.exec(rest.slice(0, end))?.[1] ?? 0);
    if (rest.length < end + 4 + length) break;
    messages.push(read(rest.slice(0, end + 4 + length)));
    rest = rest.slice(end + 4 + length).replace(/^(?:\r\n)+/, '');
  }
  return { messages, rest };
};

export const connectStream = async (port: number): Promise<StreamPeer> => {
  const socket: Socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const log: Text[] = [];
  const taken = new Set<Text>();
  let rest = '';
  let arrived: () => void = () => {};
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    const { messages, rest: left } = takeMessages(rest + chunk.toString());
    rest = left;
    log.push(...messages);
    arrived();
  });
  const find = (what: string): Text | undefined =>
    log.find((message) => !taken.has(message) && fits(message, what));
  return {
    log,
    send: (text) => socket.write(text.replace('SIP/2.0/UDP', 'SIP/2.0/TCP')),
    async next(what) {
      const limit = Date.now() + 10_000;
      for (;;) {
        const found = find(what);
        if (found !== undefined) {
          taken.add(found);
          return found;
        }
        const left = limit - Date.now();
        if (left <= 0)
          throw new Error(`no ${what}; seen: ${log.map(({ startLine }) => startLine).join(' / ')}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          arrived = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    close: async () => {
      socket.destroy();
      if (!socket.closed) await once(socket, 'close');
    },
  };
};
