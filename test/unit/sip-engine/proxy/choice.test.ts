import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderField } from '../../../../src/sip-engine/message/index.ts';
import { header } from '../../../../src/sip-engine/message/index.ts';
import {
  type Candidate,
  chooseBest,
  otherChallenges,
  redirectTargets,
} from '../../../../src/sip-engine/proxy/choice.ts';

const candidate = (status: number, headers: readonly HeaderField[] = []): Candidate => ({
  response: { status, reason: '', headers, body: Buffer.alloc(0) },
  destination: `sip:${status}@192.0.2.1`,
  local: false,
});

const best = (statuses: readonly number[], cancelled = false): number | undefined =>
  chooseBest(
    statuses.map((status) => candidate(status)),
    cancelled,
  )?.response.status;

describe('the best response', () => {
  it.each([
    [[404, 603, 486], 603],
    [[500, 404, 302], 302],
    [[486, 484, 420], 420],
    [[404, 407, 401], 401],
    [[408, 500, 486], 486],
    [[487, 503], 487],
    [[503, 500], 500],
    [[486, 404], 486],
    [[], undefined],
  ])('of %j is %s', (statuses, wanted) => {
    expect(best(statuses)).toBe(wanted);
  });

  it('is 487 for a caller who has withdrawn', () => {
    expect(best([404, 603, 487], true)).toBe(487);
    expect(best([404, 408], true)).toBe(404);
  });

  it('is never of a class above the lowest, 6xx apart', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 300, max: 699 }), { minLength: 1 }), (statuses) => {
        const chosen = best(statuses) ?? 0;
        const lowest = Math.min(...statuses.map((status) => Math.floor(status / 100)));
        const wanted = statuses.some((status) => status >= 600) ? 6 : lowest;
        expect(Math.floor(chosen / 100)).toBe(wanted);
      }),
    );
  });
});

describe('challenges', () => {
  it('of the other branches are added to a challenge, and to nothing else', () => {
    const a = candidate(401, [header('WWW-Authenticate', 'Digest realm="a"')]);
    const b = candidate(407, [header('Proxy-Authenticate', 'Digest realm="b"'), header('X-Other', '1')]);
    const c = candidate(486, [header('Proxy-Authenticate', 'Digest realm="c"')]);
    expect(otherChallenges(a, [a, b, c]).map(({ value }) => value)).toEqual(['Digest realm="b"']);
    expect(otherChallenges(c, [a, b, c])).toEqual([]);
  });
});

describe('targets of a redirection', () => {
  it('come by preference, the first of equals first, without what is no SIP URI', () => {
    const headers = [
      header('Contact', '<sip:a@192.0.2.1>;q=0.5, "B" <sip:b@192.0.2.1>;q=0.9'),
      header('Contact', 'sip:c@192.0.2.1'),
      header('Contact', '<tel:+15551234>'),
      header('Contact', '<sips:d@192.0.2.1>;q=0.9'),
      header('Contact', '<<'),
    ];
    expect(redirectTargets({ headers }).map(({ user }) => user)).toEqual(['c', 'b', 'd', 'a']);
  });
});
