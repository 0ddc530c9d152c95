import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { transportOf } from '../../../../src/media/webrtc/candidates.ts';
import { portsBeside } from '../../../../src/media/webrtc/workers.ts';
import { parseBrowserSdp } from '../../../../src/sdp/index.ts';
import { sample } from '../../sdp/browser-samples.ts';

const safari = parseBrowserSdp(sample('safari-offer')).candidates;
const hidden = parseBrowserSdp(sample('safari-answer')).candidates;
const chromium = parseBrowserSdp(sample('chromium-offer')).candidates;

describe('whence packets come', () => {
  const from = (address: string, port: number, protocol: 'udp' | 'tcp' = 'udp') => ({
    address,
    port,
    protocol,
  });

  it('has the name that the SDP gave it', () => {
    expect(transportOf(from('192.168.0.87', 61_015), safari)).toEqual({ protocol: 'udp', candidate: 'host' });
    expect(transportOf(from('203.0.113.20', 61_015), safari).candidate).toBe('srflx');
  });

  it('is known by its port where the address is hidden', () => {
    expect(transportOf(from('10.0.0.4', 50_712), hidden).candidate).toBe('host');
    expect(transportOf(from('10.0.0.4', 50_799), hidden).candidate).toBe('prflx');
  });

  it('is known by its address over TCP, whatever the port', () => {
    expect(transportOf(from('192.0.2.2', 51_234, 'tcp'), chromium)).toEqual({
      protocol: 'tcp',
      candidate: 'host',
    });
    expect(transportOf(from('fd00:0:0::2', 51_234, 'tcp'), chromium).candidate).toBe('host');
  });

  it('is known whichever way its address is written', () => {
    expect(transportOf(from('::ffff:203.0.113.20', 61_015), safari).candidate).toBe('srflx');
  });

  it('is a peer that was not told of, else', () => {
    expect(transportOf(from('198.51.100.9', 61_015), safari)).toEqual({
      protocol: 'udp',
      candidate: 'prflx',
    });
    expect(transportOf(from('203.0.113.20', 61_015), []).candidate).toBe('prflx');
  });
});

describe('the ports that the system picks from', () => {
  it('are many, and none of the RTP ports', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: 65_534 }), fc.nat({ max: 20_000 }), (from, width) => {
        const to = Math.min(65_535, from + 1 + width);
        const { min, max } = portsBeside({ from, to });
        expect(max < from || min > to).toBe(true);
        expect(min).toBeGreaterThanOrEqual(10_000);
        expect(max - min).toBeGreaterThan(10_000);
      }),
    );
  });
});
