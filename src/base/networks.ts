import { BlockList, isIP } from 'node:net';

/** A set of networks to look addresses up in. IPv4 is compared as numbers: no object is made for a look-up. */
export type Networks = { contains(address: string): boolean };

/** The 32 bits of an IPv4 address, or -1 when the text is none. */
export const ipv4Number = (text: string): number => {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let position = 0; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code === 0x2e) {
      if (octet < 0) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots += 1;
      continue;
    }
    if (code < 0x30 || code > 0x39) return -1;
    octet = (octet < 0 ? 0 : octet * 10) + code - 0x30;
    if (octet > 255) return -1;
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
};

/** Addresses and `address/prefix` of both families. Entries that are neither hold nothing. */
export const createNetworks = (cidrs: readonly string[]): Networks => {
  const starts: number[] = [];
  const sizes: number[] = [];
  let six: BlockList | undefined;
  for (const cidr of cidrs) {
    const slash = cidr.indexOf('/');
    const address = slash < 0 ? cidr : cidr.slice(0, slash);
    const version = isIP(address);
    const widest = version === 4 ? 32 : 128;
    const prefix = slash < 0 ? widest : Number(cidr.slice(slash + 1));
    if (version === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > widest) continue;
    if (version === 6) {
      six ??= new BlockList();
      six.addSubnet(address, prefix, 'ipv6');
      continue;
    }
    const size = 2 ** (32 - prefix);
    starts.push(Math.floor(ipv4Number(address) / size) * size);
    sizes.push(size);
  }
  return {
    contains: (address) => {
      const number = ipv4Number(address);
      if (number < 0) return six !== undefined && isIP(address) === 6 && six.check(address, 'ipv6');
      for (let at = 0; at < starts.length; at += 1) {
        const offset = number - (starts[at] ?? 0);
        if (offset >= 0 && offset < (sizes[at] ?? 0)) return true;
      }
      return false;
    },
  };
};
