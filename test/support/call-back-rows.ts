import { addCallBack } from '../../src/buttons/call-backs/queue.ts';
import type { CallBackTable, Store } from '../../src/store/index.ts';

/** 26 characters that sort as they are counted. */
export const callBackId = (count: number): string =>
  `01M81TPTWTYV8QX7E91ZD5BS${String(count).padStart(2, '0')}`;

/** Writes a request to be called, as if `number` had asked for it. */
export const addRequest = async (
  store: Pick<Store, 'exclusively' | 'vault'>,
  number: string,
  row: Partial<CallBackTable> & Pick<CallBackTable, 'id' | 'requested_at'>,
): Promise<void> => {
  const { caller_encrypted, caller_hmac, caller_masked } = store.vault.seal(number);
  if (caller_encrypted === null || caller_hmac === null || caller_masked === null)
    throw new Error('not sealed');
  await store.exclusively((file) =>
    addCallBack(file, {
      press_id: `press-${row.id}`,
      button_id: 'sales',
      site_id: 'main',
      experiment_id: null,
      arm: null,
      viewer: 'e-somebody',
      visit_id: null,
      intent: null,
      device: 'desktop',
      page: '/offer',
      verified: 'none',
      number_encrypted: caller_encrypted,
      number_hmac: caller_hmac,
      number_masked: caller_masked,
      region: 'US',
      consent_text: 'Call me.',
      consent_at: row.requested_at,
      address_hmac: null,
      language: 'en',
      due_at: row.requested_at,
      tries: 0,
      state: 'waiting',
      reason: null,
      call_id: null,
      ...row,
    }),
  );
};
