import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** Pictures of a page have few colours that matter: with a palette of 256 they take a third of the room. */

type Pixels = { readonly width: number; readonly height: number; readonly rgb: Uint8Array };

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const paeth = (left: number, up: number, corner: number): number => {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
};

/** What a filter (PNG section 9.2) adds to a byte. */
const predicted = (filter: number, left: number, up: number, corner: number): number => {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  return filter === 4 ? paeth(left, up, corner) : 0;
};

/** The bytes of all IDAT chunks, unpacked. */
const imageData = (png: Buffer): Buffer => {
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return inflateSync(Buffer.concat(data));
};

/** Rows without their filters. `step` is the number of bytes of a pixel. */
const unfiltered = (raw: Buffer, row: number, step: number): Uint8Array => {
  const height = raw.length / (row + 1);
  const plain = new Uint8Array(row * height);
  const pixel = (x: number, y: number): number => (x < 0 || y < 0 ? 0 : (plain[y * row + x] ?? 0));
  for (let y = 0; y < height; y++) {
    const start = y * (row + 1);
    const filter = raw[start] ?? 0;
    for (let x = 0; x < row; x++) {
      const guess = predicted(filter, pixel(x - step, y), pixel(x, y - 1), pixel(x - step, y - 1));
      plain[y * row + x] = (raw[start + 1 + x] ?? 0) + guess;
    }
  }
  return plain;
};

/** Reads a PNG of 8 bits a channel, RGB or RGBA, not interlaced. */
const read = (png: Buffer): Pixels => {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const step = png[25] === 6 ? 4 : 3;
  const plain = unfiltered(imageData(png), width * step, step);
  return { width, height, rgb: plain.filter((_, index) => index % step < 3) };
};

const distance = (a: number, b: number): number =>
  ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;

/** The most frequent colours, and for each colour the nearest of them. */
const paletteOf = (colours: Uint32Array): { palette: readonly number[]; indexOf: Map<number, number> } => {
  const counts = new Map<number, number>();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const byCount = [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour);
  const palette = byCount.slice(0, 256);
  const nearest = (colour: number): number =>
    palette.reduce(
      (best, other, index) => (distance(colour, other) < distance(colour, palette[best] ?? 0) ? index : best),
      0,
    );
  return { palette, indexOf: new Map(byCount.map((colour) => [colour, nearest(colour)])) };
};

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8 + body.length);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
};

/** The same picture with 256 colours at most. */
export const smallPng = (png: Buffer): Buffer => {
  const { width, height, rgb } = read(png);
  const colours = Uint32Array.from({ length: width * height }, (_, index) =>
    Buffer.from(rgb.buffer, index * 3, 3).readUIntBE(0, 3),
  );
  const { palette, indexOf } = paletteOf(colours);
  const rows = Buffer.alloc((width + 1) * height);
  colours.forEach((colour, index) => {
    rows[Math.floor(index / width) * (width + 1) + 1 + (index % width)] = indexOf.get(colour) ?? 0;
  });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // Eight bits a pixel that name a colour of the palette.
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk(
      'PLTE',
      Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255])),
    ),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};
