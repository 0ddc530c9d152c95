// Sends hostile datagrams as fast as it is told, in a process of its own, and prints how many:
//   node flooder.mjs TARGET PORT PER_SECOND SECONDS SOURCE…
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';

const [target, port, perSecond, seconds, ...sources] = process.argv.slice(2);
const TICK_MS = 5;

const request = (method, source, serial) =>
  Buffer.from(
    [
      `${method} sip:${serial}@${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${source}:5060;branch=z9hG4bK${serial};rport`,
      'Max-Forwards: 70',
      `From: <sip:100@${target}>;tag=${serial}`,
      `To: <sip:${serial}@${target}>`,
      `Call-ID: ${serial}@${source}`,
      `CSeq: 1 ${method}`,
      `Contact: <sip:100@${source}:5060>`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );

const KINDS = [
  (source, serial) => request('INVITE', source, serial),
  (source, serial) => request('REGISTER', source, serial),
  (source, serial) => request('OPTIONS', source, serial),
  () => randomBytes(400),
  (source, serial) =>
    Buffer.from(
      request('INVITE', source, serial)
        .toString()
        .replace(/^INVITE .*/, 'SIP/2.0 200 OK'),
    ),
];

const sockets = await Promise.all(
  sources.map(
    (source) =>
      new Promise((resolve) => {
        const socket = createSocket('udp4');
        // Whoever answers is noted: nobody should.
        socket.on('message', () => {
          answered += 1;
        });
        socket.bind(0, source, () => {
          socket.connect(Number(port), target, () => resolve({ source, socket }));
        });
      }),
  ),
);
let sent = 0;
let answered = 0;
const began = performance.now();
const ready = sockets.flatMap(({ source, socket }) =>
  Array.from({ length: 200 }, (_, serial) => ({
    socket,
    bytes: KINDS[serial % KINDS.length](source, serial),
  })),
);
const timer = setInterval(() => {
  const elapsed = Math.min((performance.now() - began) / 1000, Number(seconds));
  const due = Math.floor(elapsed * Number(perSecond));
  for (; sent < due; sent += 1) {
    const { socket, bytes } = ready[(sent * 7) % ready.length];
    socket.send(bytes, () => {});
  }
  if (elapsed < Number(seconds)) return;
  clearInterval(timer);
  setTimeout(() => {
    process.stdout.write(JSON.stringify({ sent, answered }));
    process.exit(0);
  }, 500);
}, TICK_MS);
