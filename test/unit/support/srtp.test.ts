import { describe, expect, it } from 'vitest';
import {
  aesCm,
  cmIv,
  createSrtpContext,
  deriveKey,
  gcmIv,
  gcmSeal,
  SUITES,
  type Suite,
} from '../../support/srtp.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe("the tests' own SRTP", () => {
  it('derives the keys of RFC 3711 B.3', () => {
    const key = hex('E1F97A0D3E018BE0D64FA32C06DE4139');
    const salt = hex('0EC675AD498AFEEBB6960B3AABE6');
    expect(deriveKey(key, salt, 0, 16)).toEqual(hex('C61E7A93744F39EE10734AFE3FF7A087'));
    expect(deriveKey(key, salt, 2, 14)).toEqual(hex('30CBBC08863D8C85D49DB34A9AE1'));
    expect(deriveKey(key, salt, 1, 20)).toEqual(hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
  });

  it('has the key stream of RFC 3711 B.2', () => {
    const iv = cmIv(hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'), 0, 0, 0);
    expect(iv).toEqual(hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000'));
    expect(aesCm(hex('2B7E151628AED2A6ABF7158809CF4F3C'), iv, Buffer.alloc(48))).toEqual(
      hex(
        'E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0',
      ),
    );
  });

  it('seals the packet of RFC 7714 16.1.1', () => {
    const packet = Buffer.concat([
      hex('8040f17b 8041f8d3 5501a0b2'),
      Buffer.from('Gallia est omnis divisa in partes tres'),
    ]);
    const iv = gcmIv(Buffer.from('Quid pro quo'), 0x5501_a0b2, 0, 0xf17b);
    expect(iv).toEqual(hex('51753c65 80c2726f 20718414'));
    expect(gcmSeal(hex('000102030405060708090a0b0c0d0e0f'), iv, packet)).toEqual(
      hex(`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
        36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`),
    );
  });

  it.each(Object.keys(SUITES) as Suite[])(
    'opens what it sealed under %s, over a wrap of sequence numbers',
    (suite) => {
      const { key, salt, tag } = SUITES[suite];
      const master = Buffer.alloc(key + salt, 7);
      const [from, to] = [createSrtpContext(suite, master), createSrtpContext(suite, master)];
      const other = createSrtpContext(suite, Buffer.alloc(key + salt, 8));
      for (let count = 65_530; count < 65_545; count += 1) {
        const packet = Buffer.concat([hex('80000000 00000001 5501a0b2'), Buffer.alloc(160, count)]);
        packet.writeUInt16BE(count & 0xffff, 2);
        const sealed = from.protect(packet);
        expect(sealed.length).toBe(packet.length + tag);
        expect(other.unprotect(sealed)).toBeUndefined();
        expect(to.unprotect(sealed)).toEqual(packet);
      }
    },
  );
});
