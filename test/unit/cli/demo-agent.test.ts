import { describe, expect, it } from 'vitest';
import { certificateWords, softphoneUrl } from '../../../src/cli/demo-agent.ts';
import { checkCertificate } from '../../../src/cli/doctor-checks.ts';
import { checkSoftphone } from '../../../src/cli/doctor-worker.ts';
import { type GatewayConfig, gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';

const registrar = { domains: ['phones.example'] };
const config = (values: object): GatewayConfig =>
  gatewayConfigSchema.parse({ registrar, ...values }) as GatewayConfig;
const https = { http: { tls: true } };
const listening = (...transports: string[]): object => ({
  sip: { listen: transports.map((transport) => ({ transport })) },
});

describe("the softphone's address", () => {
  it('is localhost without HTTPS, since browsers give the microphone nowhere else', () => {
    expect(softphoneUrl(config({}), '127.0.0.1:8080')).toBe('http://localhost:8080/phone');
    expect(softphoneUrl(config({}), '[::1]:8080')).toBe('http://localhost:8080/phone');
    expect(softphoneUrl(config({}), '0.0.0.0:9090')).toBe('http://localhost:9090/phone');
  });

  it('is one that others can reach with HTTPS', () => {
    expect(softphoneUrl(config(https), '192.0.2.7:8443')).toBe('https://192.0.2.7:8443/phone');
    expect(softphoneUrl(config(https), '[2001:db8::7]:8443')).toBe('https://[2001:db8::7]:8443/phone');
    expect(softphoneUrl(config(https), '127.0.0.1:8443')).toBe('https://localhost:8443/phone');
    expect(softphoneUrl(config(https), '0.0.0.0:8443')).toMatch(/^https:\/\/[^/]+:8443\/phone$/);
    expect(softphoneUrl(config(https), '0.0.0.0:8443')).not.toContain('0.0.0.0');
  });

  it('is none where nobody can log in', () => {
    expect(softphoneUrl(config({ registrar: undefined }), '127.0.0.1:8080')).toBeUndefined();
    expect(softphoneUrl(config({ phone: { enabled: false } }), '127.0.0.1:8080')).toBeUndefined();
    expect(
      softphoneUrl(config({ registrar: { ...registrar, enabled: false } }), '127.0.0.1:8080'),
    ).toBeUndefined();
  });

  it('comes with a word on the certificate where browsers will warn', () => {
    expect(certificateWords(config({}))).toBeUndefined();
    expect(certificateWords(config(https))).toContain('self-signed');
    const named = { ...https, sip: { tls: { certFile: 'a.pem', keyFile: 'b.pem' } } };
    expect(certificateWords(config(named))).toBeUndefined();
  });
});

describe('what the softphone needs', () => {
  const state = (...values: object[]) => checkSoftphone(config(Object.assign({}, ...values))).state;

  it('is a WebSocket as encrypted as the page', () => {
    expect(state(listening('udp', 'ws'))).toBe('ok');
    expect(state(listening('udp', 'wss'))).toBe('ok');
    expect(state(listening('udp'))).toBe('warn');
    expect(state(https, listening('wss'))).toBe('ok');
    expect(state(https, listening('ws'))).toBe('warn');
    expect(state(https, listening('udp'), { phone: { servers: ['wss://phone.example/sip'] } })).toBe('ok');
    expect(state(listening('ws'), { registrar: undefined })).toBe('off');
  });

  it('is a certificate only where something is encrypted', () => {
    expect(checkCertificate(config({}), 0).state).toBe('off');
    expect(checkCertificate(config({ ...https, sip: { tls: { directory: '/nowhere' } } }), 0)).toMatchObject({
      state: 'ok',
      text: expect.stringContaining('made at the next start'),
    });
    const gone = { ...https, sip: { tls: { certFile: '/nowhere/a.pem', keyFile: '/nowhere/b.pem' } } };
    expect(checkCertificate(config(gone), 0).state).toBe('fail');
  });
});
