import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallState, KeptCall } from '../../../../src/web/widget/call/contract.ts';
import { keptOf, RESUME_WITHIN_MS, readKept } from '../../../../src/web/widget/call/kept.ts';

const STATE: CallState = {
  phase: 'talking',
  startedAt: 1000,
  ringingAt: 2000,
  answeredAt: 3000,
  maxSeconds: 3600,
  muted: true,
  connected: true,
  heldByOther: false,
  levels: { microphone: 0.5, speaker: 0.5 },
  quality: undefined,
  problem: undefined,
  end: undefined,
  listenOnly: false,
  devices: { microphones: [], speakers: [], microphone: 'm1', speaker: undefined, canChooseSpeaker: true },
  hearTest: undefined,
  keys: '12',
};

const kept = (fields: Partial<KeptCall> = {}): KeptCall => ({
  ...keptOf({
    dialog: { callId: 'c', localTag: 'l', remoteTag: 'r' },
    needs: {
      uri: 'sip:sales@example.com',
      servers: ['wss://one.example', 'wss://two.example'],
      iceServers: [{ urls: ['stun:stun.example'] }],
      resume: 'd.e.f',
      maxSeconds: 3600,
    },
    pressId: 'press',
    server: 'wss://two.example',
    state: STATE,
    now: 10_000,
  }),
  ...fields,
});

describe('a call kept for the next page', () => {
  it('comes back as it was, the WebSocket that works first', () => {
    const read = readKept(JSON.stringify(kept()), 12_000);
    expect(read).toMatchObject({ callId: 'c', answeredAt: 3000, muted: true, keys: '12', microphone: 'm1' });
    expect(read?.servers).toEqual(['wss://two.example', 'wss://one.example']);
  });

  it('is nothing when the gateway has ended it', () => {
    const text = JSON.stringify(kept());
    expect(readKept(text, 10_000 + RESUME_WITHIN_MS)).toBeDefined();
    expect(readKept(text, 10_001 + RESUME_WITHIN_MS)).toBeUndefined();
    expect(readKept(text, 9999)).toBeUndefined();
  });

  it.each([
    { callId: 'c\r\nX: y' },
    { resume: 7 },
    { servers: [] },
    { servers: ['javascript:alert(1)'] },
    { iceServers: 'stun:x' },
    { answeredAt: null },
    { version: 2 },
    { microphone: 4 },
  ])('is nothing with %j', (fields) => {
    expect(readKept(JSON.stringify({ ...kept(), ...fields }), 11_000)).toBeUndefined();
  });

  it('survives whatever else the storage holds', () => {
    expect(readKept(null, 0)).toBeUndefined();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(readKept(text, 0)).toBeUndefined();
      }),
    );
  });
});
