import { endDialog } from './dialogs.ts';
import { settleWith } from './reply.ts';
import type { App, Core } from './types.ts';
import { cancelOutgoing } from './withdraw.ts';
import { hangUpSilently } from './within.ts';

/** How long an application's dialogs outlive its connection, in milliseconds. */
const GRACE = 5_000;

/** Ends what waits for an application: 480 to its callers, CANCEL to those it calls. */
const endPending = (core: Core, app: App, status: number): void => {
  for (const incoming of [...core.incoming.values()]) {
    if (incoming.app === app) settleWith(core, incoming, incoming.request.method === 'BYE' ? 200 : status);
  }
  for (const outgoing of core.outgoing.values()) {
    if (outgoing.app === app && outgoing.request.method === 'INVITE') cancelOutgoing(core, outgoing, '');
  }
};

const endDialogs = (core: Core, app: App, reason: string): void => {
  for (const dialog of [...core.dialogs.all()]) {
    if (dialog.app !== app || dialog.state !== 'confirmed') continue;
    if (dialog.kind === 'invite') hangUpSilently(core, dialog, reason);
    else endDialog(core, dialog);
  }
};

/** An application's connection is gone: its pending calls end at once, its dialogs after a grace. */
export const onAppGone = (core: Core, app: App): void => {
  endPending(core, app, 480);
  core.timers.set(GRACE, endGone, { core, app });
};

const endGone = ({ core, app }: { core: Core; app: App }): void => endDialogs(core, app, 'application gone');

/** Ends everything, for the engine's own end: 503 to callers, CANCEL and BYE to the others. */
export const endEverything = (core: Core): void => {
  const apps = new Set<App>();
  for (const { app } of core.incoming.values()) apps.add(app);
  for (const { app } of core.outgoing.values()) if (app !== undefined) apps.add(app);
  for (const { app } of core.dialogs.all()) apps.add(app);
  for (const app of apps) {
    endPending(core, app, 503);
    endDialogs(core, app, 'shutting down');
  }
};
