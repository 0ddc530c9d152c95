import type { CallPass } from '../../buttons/index.ts';
import type { ButtonPlan } from '../../config/index.ts';
import type { Caller } from '../../sip/index.ts';
import type { CallerVault, NewCall, NewWebCall } from '../../store/index.ts';
import type { Attribution, Match } from '../../tracking/index.ts';
import { matchNote, type Note } from '../opening.ts';

/** A call of a call button when it is decided upon. */
export type WebOpening = {
  readonly id: string;
  readonly runId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly sipCallId: string;
  readonly pass: CallPass;
  readonly button: ButtonPlan;
  readonly caller: Caller;
  readonly attribution: Attribution;
  readonly match: Match | undefined;
};

const NOBODY = { caller_encrypted: null, caller_hmac: null, caller_masked: null } as const;

/** The record as it is opened. Nobody dialled a number, so it has none; a number that was proven by a code is the caller's. */
export const newWebCall = (opening: WebOpening, vault: Pick<CallerVault, 'seal'>): NewCall => {
  const { id, runId, startedAt, sipCallId, caller } = opening;
  const phone = caller.type === 'known' && caller.isPhone ? caller : undefined;
  return {
    id,
    run_id: runId,
    direction: 'inbound',
    trunk_id: null,
    is_test: 0,
    started_at: startedAt,
    ...(phone ? vault.seal(phone.number) : NOBODY),
    caller_region: phone?.region ?? null,
    // Nobody withheld a number: there is none.
    anonymous: 0,
    did: null,
    did_raw: null,
    did_header: null,
    ...opening.attribution,
    dialled_code: null,
    sip_call_id: sipCallId,
  };
};

/** What stands beside the record. */
export const webColumns = ({ pass }: Pick<WebOpening, 'pass'>): NewWebCall => ({
  kind: 'browser',
  press_id: pass.pressId,
  button_id: pass.buttonId,
  site_id: pass.siteId,
  experiment_id: pass.experimentId ?? null,
  arm: pass.arm ?? null,
  viewer: pass.viewer,
  visit_id: pass.visitId ?? null,
  intent: pass.intent ?? null,
  origin: pass.origin,
  page: pass.page ?? null,
  device: pass.device,
  pressed_at: pass.pressedAt,
  verified: pass.verified,
});

const asked = ({ intent }: CallPass): string => (intent === undefined ? '' : ` and chose ${intent}`);

export const webCallNotes = ({ pass, button, match }: WebOpening): readonly Note[] => [
  {
    type: 'received',
    text: `A visitor of ${pass.origin}${pass.page ?? ''} pressed button ${button.id}${asked(pass)}.`,
    detail: { button: button.id, site: pass.siteId, intent: pass.intent ?? null, press: pass.pressId },
  },
  ...(pass.experimentId === undefined
    ? []
    : [
        {
          type: 'experiment',
          text: `The visitor saw arm ${pass.arm} of experiment ${pass.experimentId}.`,
          detail: { experiment: pass.experimentId, arm: pass.arm ?? null },
        },
      ]),
  ...(match ? [matchNote(match)] : []),
];
