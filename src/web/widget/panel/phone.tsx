import { type JSX, render } from 'preact';
import type { Ground, Phone, Press } from '../button/contract.ts';
import { inkOn } from '../button/contrast.ts';
import type { OpenCall } from '../call/contract.ts';
import { readKept } from '../call/kept.ts';
import { panelWordsEn } from '../words/en.ts';
import { panelWordsZh } from '../words/zh.ts';
import { CallCard } from './call.tsx';
import { type Overlay, openOverlay } from './overlay.ts';
import { Dialog, ScopeProvider, useScope } from './parts.tsx';
import { Asked, CodeScene, Explain, NumberScene, Offer, Sheet } from './scenes.tsx';
import { beginSession, createSession } from './session.ts';
import type { KeptPress, Scene, Session, View } from './view.ts';

const SceneView = ({ scene }: { readonly scene: Scene }): JSX.Element | null => {
  switch (scene.type) {
    case 'sheet':
      return <Sheet />;
    case 'number':
      return <NumberScene scene={scene} />;
    case 'code':
      return <CodeScene scene={scene} />;
    case 'explain':
      return <Explain scene={scene} />;
    case 'offer':
      return <Offer scene={scene} />;
    case 'asked':
      return <Asked scene={scene} />;
    case 'call':
      return null;
  }
};

const Panel = (): JSX.Element | null => {
  const { view, session } = useScope();
  const { scene, call } = view;
  if (scene.type === 'call') return call ? <CallCard call={call} /> : null;
  return (
    <Dialog scene={scene.type} onClose={session.close}>
      <SceneView scene={scene} />
    </Dialog>
  );
};

const readPress = (text: string): KeptPress | undefined => {
  try {
    const value = JSON.parse(text) as KeptPress;
    const call = readKept(JSON.stringify(value.call), Date.now());
    return call && value.press?.facts ? { ...value, call } : undefined;
  } catch {
    return undefined;
  }
};

/** What a press is shown with, and calls with; one at a time. */
export const createPhone = (ground: Ground, openCall: OpenCall): Phone => {
  let session: Session | undefined;
  let overlay: Overlay | undefined;

  const open = (press: Press, resumed?: KeptPress): void => {
    session?.close();
    overlay = openOverlay(ground.nonce, press.from);
    const { root, remove } = overlay;
    const words = press.language === 'zh' ? panelWordsZh : panelWordsEn;
    root.lang = words.locale;
    const { color } = press.facts;
    if (color) {
      root.style.setProperty('--accent', color);
      root.style.setProperty('--ink-on-accent', inkOn(color));
    }
    const draw = (view: View): void =>
      render(
        <ScopeProvider value={{ words, session: own, view }}>
          <Panel />
        </ScopeProvider>,
        root,
      );
    const own = createSession({
      ground,
      press,
      openCall,
      ...(resumed && { resumed }),
      onChange: draw,
      onClose: () => {
        const hadFocus = root.contains((root.getRootNode() as ShadowRoot).activeElement);
        render(null, root);
        remove();
        if (session === own) session = undefined;
        if (hadFocus) press.focus();
      },
    });
    session = own;
    draw(own.view);
    beginSession(own);
  };

  addEventListener('pagehide', () => session?.leave());

  return {
    press: (press) => open(press),
    showCall: (from) => {
      const phase = session?.call?.state.phase;
      if (!session || !phase || phase === 'ended') return false;
      overlay?.reach(from);
      session.minimise(false);
      return true;
    },
    takeUp: (text) => {
      const kept = readPress(text);
      if (!kept || kept.site !== ground.site) return;
      // A page that was put aside may come back with its call: no other one has taken it up.
      if (session?.call?.keep()?.callId === kept.call.callId) return;
      open({ ...kept.press, from: document.body, focus: () => undefined }, kept);
    },
  };
};
