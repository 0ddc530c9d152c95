import type { Begin } from '../button/contract.ts';
import { openCall } from '../call/main.ts';
import { createPhone } from './phone.tsx';

/** The part of call buttons that is loaded on the press. */
export const begin: Begin = (ground) => createPhone(ground, openCall);
