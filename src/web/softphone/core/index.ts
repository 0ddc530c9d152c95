export { createPhone, type PhoneOptions } from './phone.ts';
