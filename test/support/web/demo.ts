import { mount } from '../../../src/web/softphone/views/index.tsx';
import { createFakePhone, type FakePhone } from './fake-phone.ts';
import { SCENES } from './scenes.ts';

declare global {
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface adds to another
  interface Window {
    fakePhone: FakePhone;
  }
}

const name = new URLSearchParams(location.search).get('scene') ?? 'ready';
const scene = SCENES[name];
const root = document.querySelector('#phone');
if (!scene || !root) throw new Error(`no scene ${name}`);

window.fakePhone = createFakePhone(scene(Date.now()));
mount(window.fakePhone, root);
