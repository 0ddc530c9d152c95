/** `127.0.0.1:8080` of a wildcard address, which can't be called itself. */
export const reachable = (hostPort: string): string =>
  hostPort.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');

/**
 * Whether a Dialtrace gateway answers at this HTTP address, in whatever health.
 *
 * @param hostPort as the run file has it: `127.0.0.1:8080`
 */
export const answersHealth = async (hostPort: string): Promise<boolean> => {
  try {
    const response = await fetch(`http://${reachable(hostPort)}/healthz`, {
      signal: AbortSignal.timeout(2000),
    });
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null && 'callsInProgress' in body;
  } catch {
    return false;
  }
};
