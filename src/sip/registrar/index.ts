export type { UserVerdict } from './authenticate.ts';
export type { PhonePass } from './passes.ts';
export type { ContactTarget } from './reach.ts';
export { createRegistrar, type Reachability, type Registrar, type RegistrarOptions } from './registrar.ts';
