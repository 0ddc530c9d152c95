import { availableParallelism } from 'node:os';
import type { Logger } from './base/logger.ts';
import type { GatewayConfig } from './config/index.ts';
import {
  browserAddresses,
  type MediaEngineOptions,
  type Playable,
  publicMediaAddress,
  type WebRtcOptions,
} from './media/index.ts';

const webRtcOptions = ({ media }: GatewayConfig): WebRtcOptions | undefined => {
  const {
    enabled,
    port,
    workers,
    opus,
    address = media.address,
    publicAddress = media.publicAddress,
  } = media.webrtc;
  if (!enabled) return undefined;
  const { DIALTRACE_MEDIASOUP_WORKER: workerBinary } = process.env;
  return {
    ...(workerBinary && { workerBinary }),
    port,
    workers: workers === 0 ? availableParallelism() : workers,
    opus,
    listen: browserAddresses({ address, publicAddress }),
  };
};

/** How the configuration wants media to be carried. */
export const mediaOptions = (config: GatewayConfig, logger: Logger): MediaEngineOptions => {
  const { media } = config;
  const webrtc = webRtcOptions(config);
  return {
    address: media.address,
    publicAddress: publicMediaAddress(media),
    ports: media.rtpPorts,
    threads: media.threads,
    timeoutMs: { first: media.timeoutSeconds.first * 1000, later: media.timeoutSeconds.later * 1000 },
    ...(webrtc && { webrtc }),
    logger,
  };
};

/** What a held side hears. */
export const holdMusic = ({ media }: GatewayConfig): Playable =>
  media.holdMusic === undefined ? { type: 'music' } : { type: 'music', path: media.holdMusic };
