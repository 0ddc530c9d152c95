export type { ContactTarget } from './reach.ts';
export { createRegistrar, type Reachability, type Registrar, type RegistrarOptions } from './registrar.ts';
