import type { ButtonPages } from '../../buttons/index.ts';
import type { GatewayConfig } from '../../config/index.ts';

/** What the pages of call buttons stand on. */
export type ButtonParts = {
  readonly pages: ButtonPages;
  readonly settings: Pick<GatewayConfig['buttons'], 'publicUrl'>;
  /** Where browsers find SIP, STUN and TURN. */
  readonly phone: Pick<GatewayConfig['phone'], 'servers' | 'stun' | 'turn'>;
  /** Where SIP is listened for, as bound: `ws/127.0.0.1:8088`. */
  readonly listeners: readonly string[];
  /** Folder of the scripts for web pages; default: where the build puts them. */
  readonly scripts?: string | undefined;
};
