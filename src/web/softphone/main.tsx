import { createPhone } from './core/index.ts';
import { mount } from './views/index.tsx';

const phone = createPhone();
// For tests and the browser's console: it can do what the page can.
Object.assign(window, { dialtracePhone: phone });
const root = document.getElementById('phone');
if (root) mount(phone, root);
