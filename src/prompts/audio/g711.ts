/** ITU-T G.711, tables 1 and 2, as samples from -1 to 1. The thread that converts does without the media engine and its tables. */

export const expandMuLaw = (byte: number): number => {
  const code = ~byte;
  const magnitude = (((code & 0x0f) << 3) + 132) << ((code >> 4) & 7);
  return ((code & 0x80) === 0 ? magnitude - 132 : 132 - magnitude) / 32_768;
};

export const expandALaw = (byte: number): number => {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return ((code & 0x80) === 0 ? -magnitude : magnitude) / 32_768;
};
