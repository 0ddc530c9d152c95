import { FailureError } from '../../base/errors.ts';
import type { LegOptions, LegStats, MediaLeg, MediaSession } from '../../media/index.ts';
import { parseAddress, type Trunk } from '../../sip/index.ts';
import type { LineTable } from '../../store/index.ts';
import { browserLegOptions, phoneLegOptions, trunkLegOptions } from '../leg-options.ts';
import type { CallServices } from '../types.ts';
import type { LineRequest, LineTarget } from './line-request.ts';

/**
 * The legs on which one line is offered audio: one for all its phones, and another for all its browsers, which speak
 * WebRTC. Whoever answers has its kind's leg; the other is closed.
 */
export type LineLegs = {
  readonly first: MediaLeg;
  offerFor(target: LineTarget): string;
  /** @throws SdpError */
  answer(target: LineTarget, sdp: string): Promise<MediaLeg>;
  close(): Promise<LegStats | undefined>;
};

type Dependencies = {
  readonly services: Pick<CallServices, 'mediaAddress'>;
  readonly session: MediaSession;
  readonly line: LineTable;
  readonly trunk: Trunk | undefined;
  readonly request: LineRequest;
  /** False: plain RTP, whatever the trunk wishes. */
  readonly encrypt: boolean;
  readonly position: number;
};

const optionsFor = (
  { line, trunk, encrypt }: Dependencies,
  targets: readonly LineTarget[],
  web: boolean,
): Pick<LegOptions, 'nat' | 'codecs' | 'wire'> => {
  if (web) return browserLegOptions;
  if (!trunk) return phoneLegOptions(line.nat === 1 || targets.some((target) => target.nat === true));
  return encrypt ? trunkLegOptions(trunk) : { ...trunkLegOptions(trunk), wire: { type: 'rtp' } };
};

export const openLineLegs = async (deps: Dependencies): Promise<LineLegs> => {
  const { services, session, request, position } = deps;
  const isWeb = (target: LineTarget): boolean => target.web === true;
  const kinds = [...new Set(request.targets.map(isWeb))];

  const open = async (web: boolean): Promise<readonly [boolean, MediaLeg]> => {
    const targets = request.targets.filter((target) => isWeb(target) === web);
    const [target = request.targets[0]] = targets;
    const host = parseAddress(target.proxy ?? target.uri)?.host ?? '';
    const leg = await session.addLeg({
      label: `line ${position}`,
      ...optionsFor(deps, targets, web),
      ...services.mediaAddress(host),
    });
    return [web, leg];
  };

  const legs = new Map(await Promise.all(kinds.map(open)));
  const first = legs.get(isWeb(request.targets[0]));
  if (first === undefined) throw new FailureError('The line has no leg');
  const legFor = (target: LineTarget): MediaLeg => legs.get(isWeb(target)) ?? first;
  /** One kind is offered the same, however many phones of it ring. */
  const offers = new Map([...legs].map(([web, leg]) => [web, leg.createOffer()]));

  return {
    first,
    offerFor: (target) => offers.get(isWeb(target)) ?? first.createOffer(),
    answer: async (target, sdp) => {
      const leg = legFor(target);
      await leg.acceptAnswer(sdp);
      await Promise.all([...legs.values()].map((other) => other !== leg && other.close()));
      return leg;
    },
    close: async () => {
      const stats = await Promise.all(
        [...legs.values()].map(async (leg) => [leg, await leg.close()] as const),
      );
      return new Map(stats).get(first);
    },
  };
};
