type Device = { readonly id: string; readonly label: string };

/** Devices of one kind, of what `enumerateDevices` gave; those without an id are hidden until the microphone is allowed. */
export const devicesOf = (all: readonly MediaDeviceInfo[], kind: MediaDeviceKind): Device[] =>
  all
    .filter((device) => device.kind === kind && device.deviceId !== '')
    .map(({ deviceId, label }) => ({ id: deviceId, label }));

/** The chosen device, as long as it is there. */
export const present = (id: string | undefined, list: readonly Device[]): string | undefined =>
  list.some((device) => device.id === id) ? id : undefined;
