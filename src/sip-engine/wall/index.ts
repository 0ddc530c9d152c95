export { readNetwork } from './cidr.ts';
export { judge, knownTo } from './judge.ts';
export { observe } from './observe.ts';
export { isScanner } from './scanners.ts';
export type { Offence, Wall } from './types.ts';
export { createWall } from './wall.ts';
