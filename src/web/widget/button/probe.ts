import { type DeviceSigns, deviceOf, type Probe } from './decide.ts';

type Hints = Navigator & { readonly userAgentData?: { readonly mobile: boolean } };
type Framed = Document & { readonly featurePolicy?: { allowsFeature(name: string): boolean } };

const signs = (): DeviceSigns => {
  const { userAgentData, userAgent, maxTouchPoints } = navigator as Hints;
  return {
    mobile: userAgentData?.mobile,
    userAgent,
    // Unknown to old iOS.
    touchPoints: maxTouchPoints === undefined ? +('ontouchstart' in window) : maxTouchPoints,
    coarse: matchMedia('(pointer:coarse)').matches,
    shortSide: Math.min(screen.width, screen.height),
  };
};

let permission: Probe['permission'] = 'unknown';

/** Follows what the browser says of the microphone's permission. Firefox and Safari do not all know the name. */
export const watchPermission = (): void => {
  const { permissions } = navigator;
  if (!permissions) return;
  permissions.query({ name: 'microphone' as PermissionName }).then(
    (status) => {
      const read = (): void => {
        permission = status.state;
      };
      status.onchange = read;
      read();
    },
    () => undefined,
  );
};

/** Looks what this browser can do, now. */
export const probe = (): Probe => {
  const { featurePolicy } = document as Framed;
  const { mediaDevices } = navigator;
  return {
    device: deviceOf(signs()),
    secure: isSecureContext,
    webrtc: !!(
      mediaDevices &&
      'getUserMedia' in mediaDevices &&
      window.RTCPeerConnection &&
      window.WebSocket
    ),
    framed: window !== top && !!featurePolicy && !featurePolicy.allowsFeature('microphone'),
    permission,
  };
};
