import { describe, expect, it } from 'vitest';
import type { CallBackOrder } from '../../../../src/buttons/index.ts';
import { ownNumberOf } from '../../../../src/calls/call-back/prepare.ts';
import type { NumberRoute } from '../../../../src/store/index.ts';

const route = (number: string, source?: string, more: object = {}): NumberRoute =>
  ({
    number: { number, enabled: 1, state: 'free', ...more },
    source: source === undefined ? undefined : { id: source },
    lines: [],
    flow: undefined,
  }) as unknown as NumberRoute;

const button = { number: '+493023125001', source: 'ads' } as CallBackOrder['button'];
const SHOP = '+493023125002';

describe('the number that a visitor is called from', () => {
  it("is the button's own where it is a tracking number", () => {
    const routes = [route(SHOP, 'ads'), route('+493023125001', 'other')];
    expect(ownNumberOf(button, routes)).toEqual({ number: '+493023125001', isTracked: true });
  });

  it("is one of the button's source where its own leads to the business itself", () => {
    const routes = [route('+493023125003', 'other'), route(SHOP, 'ads')];
    expect(ownNumberOf(button, routes)).toEqual({ number: SHOP, isTracked: true });
  });

  it("is the button's all the same where there is none", () => {
    const own = { number: '+493023125001', isTracked: false };
    expect(ownNumberOf(button, [])).toEqual(own);
    expect(ownNumberOf(button, [route(SHOP, 'ads', { enabled: 0 })])).toEqual(own);
    expect(ownNumberOf(button, [route(SHOP, 'ads', { state: 'retired' })])).toEqual(own);
    // A pool's number belongs to whoever it is lent to.
    expect(ownNumberOf({ ...button, source: undefined }, [route(SHOP)])).toEqual(own);
  });
});
