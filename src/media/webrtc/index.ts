export { createEncryption } from './encryption.ts';
export type {
  EdgeEnd,
  EncryptedWireParts,
  Encryption,
} from './types.ts';
