import {
  type GatewayConfig,
  loadTrackingPlan,
  type PlanContext,
  type TrackingPlan,
} from '../config/index.ts';
import { homeRegion } from './session.ts';

/** What a tracking plan may refer to in this configuration. */
export const planContext = (config: GatewayConfig): PlanContext => ({
  trunkIds: config.trunks.map((trunk) => trunk.id),
  defaultRegion: homeRegion(config),
});

/** The tracking plan of the configuration, or of another file. @throws UsageError with every problem of it */
export const readPlan = (config: GatewayConfig, path: string = config.trackingPlan): TrackingPlan =>
  loadTrackingPlan(path, planContext(config));
