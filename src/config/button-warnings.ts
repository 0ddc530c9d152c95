import type { ButtonPlan } from './button-schema.ts';
import type { GatewayConfig } from './gateway-schema.ts';

type Plan = { readonly buttons: readonly ButtonPlan[] };

/** Whether there is a trunk through which visitors of a button can be called. */
export const dialsVisitors = (
  { trunks, phone }: Pick<GatewayConfig, 'trunks' | 'phone'>,
  { callback }: Pick<ButtonPlan, 'callback'>,
): boolean => {
  const wanted = callback.trunk ?? phone.outbound.trunk;
  return trunks.some(({ id, gateways }) => (wanted === undefined || id === wanted) && gateways.length > 0);
};

const isLocal = (hostname: string): boolean => /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);

const addressWarnings = ({ buttons: { publicUrl } }: GatewayConfig): readonly string[] => {
  if (publicUrl === undefined) return [];
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === 'https:' || isLocal(hostname)) return [];
  return [
    `buttons.publicUrl: browsers give no microphone to pages of ${publicUrl}; set http.tls or put a proxy with https before it, and write https://… here`,
  ];
};

const codeWarnings = ({ buttons: { sms } }: GatewayConfig, plan: Plan): readonly string[] => {
  const asking = plan.buttons.find(({ confirm }) => confirm === 'sms');
  if (asking === undefined || sms.provider !== 'outbox') return [];
  return [
    `button ${asking.id}: visitors get no code, it is written to ${sms.outbox}; set buttons.sms.provider: http in dialtrace.yaml once it is to be sent`,
  ];
};

const callBackWarning = (config: GatewayConfig, button: ButtonPlan): readonly string[] => {
  const { id, callback, schedule, closed } = button;
  if (!callback.enabled || dialsVisitors(config, button)) return [];
  if (callback.trunk !== undefined)
    return [
      `button ${id}: nobody is called back, trunk ${callback.trunk} has no gateway; add gateway to it in dialtrace.yaml`,
    ];
  // Where it is not planned for, nobody misses it.
  if (schedule === undefined || closed !== 'callback') return [];
  return [
    `button ${id}: out of hours the number is shown in place of a call back, no trunk has a gateway; add a trunk to dialtrace.yaml, or set closed: number`,
  ];
};

/** What is right by itself, and surely not what somebody wants of call buttons. */
export const buttonWarnings = (config: GatewayConfig, plan: Plan): readonly string[] =>
  plan.buttons.length === 0
    ? []
    : [
        ...addressWarnings(config),
        ...codeWarnings(config, plan),
        ...plan.buttons.flatMap((button) => callBackWarning(config, button)),
      ];
