import type { ButtonEventTable, CallBackTable, SqliteFile, WebCallTable } from '../../src/store/index.ts';

const insert = (file: SqliteFile, table: string, row: object): void => {
  const columns = Object.keys(row);
  file
    .prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`,
    )
    .run(row);
};

type EventRow = Omit<ButtonEventTable, 'seq'>;

const BLANK_EVENT: Omit<EventRow, 'at' | 'type' | 'viewer'> = {
  site_id: 'main',
  button_id: 'sales',
  experiment_id: null,
  arm: null,
  visit_id: null,
  press_id: null,
  device: 'desktop',
  page: '/',
  bot: 0,
  detail: '{}',
};

/** Writes what happened at a button. */
export const insertButtonEvent = (
  file: SqliteFile,
  at: number,
  type: EventRow['type'],
  viewer: string,
  more: Partial<EventRow> = {},
): void => insert(file, 'button_event', { ...BLANK_EVENT, at, type, viewer, ...more });

const BLANK_CALL: Omit<WebCallTable, 'call_id' | 'press_id' | 'viewer' | 'pressed_at'> = {
  kind: 'browser',
  button_id: 'sales',
  site_id: 'main',
  experiment_id: null,
  arm: null,
  visit_id: null,
  intent: null,
  origin: 'https://www.example.com',
  page: '/',
  device: 'desktop',
  click_to_ring_ms: null,
  verified: 'none',
  rating: null,
  rated_at: null,
};

/** Writes what a call that a button brought has beside its record. */
export const insertWebCall = (
  file: SqliteFile,
  callId: string,
  press: { readonly id: string; readonly viewer: string; readonly at: number },
  more: Partial<WebCallTable> = {},
): void =>
  insert(file, 'web_call', {
    ...BLANK_CALL,
    call_id: callId,
    press_id: press.id,
    viewer: press.viewer,
    pressed_at: press.at,
    ...more,
  });

/** Writes that somebody asked to be called. */
export const insertCallBack = (
  file: SqliteFile,
  press: { readonly id: string; readonly viewer: string; readonly at: number },
  more: Partial<CallBackTable> = {},
): void =>
  insert(file, 'call_back', {
    id: `CB-${press.id}`,
    press_id: press.id,
    button_id: 'sales',
    site_id: 'main',
    experiment_id: null,
    arm: null,
    viewer: press.viewer,
    visit_id: null,
    intent: null,
    device: 'desktop',
    page: '/',
    verified: 'none',
    number_encrypted: Buffer.from('sealed'),
    number_hmac: 'hmac',
    number_masked: '+49*****00',
    region: 'DE',
    requested_at: press.at,
    consent_text: 'Call me.',
    consent_at: press.at,
    address_hmac: null,
    language: 'en',
    due_at: press.at,
    tries: 1,
    state: 'done',
    reason: null,
    call_id: null,
    ...more,
  });
