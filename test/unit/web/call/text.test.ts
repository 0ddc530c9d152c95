import { describe, expect, it } from 'vitest';
import { directionOf, fingerprintsOf, withOrigin } from '../../../../src/web/call/sdp-text.ts';
import { keysOf, reasonOf, replacesOf } from '../../../../src/web/call/sip-text.ts';

describe('headers of a call', () => {
  it('takes keys that telephones have', () => {
    expect(keysOf('1-2 #*ad x')).toBe('12#*AD');
  });

  it('name a dialog from the side of who reads it (RFC 3891 3)', () => {
    expect(replacesOf({ callId: 'a@b', localTag: 'me', remoteTag: 'you' })).toBe(
      'a@b;to-tag=you;from-tag=me',
    );
  });

  it('reads Reason headers (RFC 3326)', () => {
    expect(reasonOf('SIP;cause=200;text="Call \\"completed\\" elsewhere"')).toEqual({
      protocol: 'SIP',
      cause: 200,
      text: 'Call "completed" elsewhere',
    });
    expect(reasonOf('Q.850 ; cause=16')).toEqual({ protocol: 'Q.850', cause: 16, text: '' });
    expect(reasonOf(undefined)).toBeUndefined();
  });
});

const SDP = [
  'v=0',
  'o=- 4611 2 IN IP4 127.0.0.1',
  's=-',
  'a=fingerprint:sha-256 aa:bb',
  'm=audio 9 UDP/TLS/RTP/SAVPF 0',
  'a=fingerprint:SHA-256 AA:BB',
  'a=sendonly',
  '',
].join('\r\n');

describe('descriptions', () => {
  it('tell their direction', () => {
    expect(directionOf(SDP)).toBe('sendonly');
    expect(directionOf(SDP.replace('a=sendonly\r\n', ''))).toBe('sendrecv');
    expect(directionOf(SDP.replace('a=sendonly\r\n', '').replace('s=-', 's=-\r\na=inactive'))).toBe(
      'inactive',
    );
  });

  it('tell their certificate, however it is written', () => {
    expect(fingerprintsOf(SDP)).toBe('sha-256 AA:BB');
    expect(fingerprintsOf(SDP.replaceAll(/aa:bb/gi, 'AA:CC'))).not.toBe(fingerprintsOf(SDP));
  });

  it('stay one session', () => {
    expect(withOrigin(SDP, '17', 3)).toContain('o=- 17 3 IN IP4 127.0.0.1\r\n');
  });
});
