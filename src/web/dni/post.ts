/**
 * Sends JSON as plain text, which a browser sends to another origin without asking first.
 *
 * @throws the status when it is no success; what `fetch` throws
 */
export const post = async (url: string, body: object, signal?: AbortSignal): Promise<unknown> => {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    credentials: 'include',
    keepalive: true,
    ...(signal && { signal }),
  });
  if (!response.ok) throw response.status;
  return response.json();
};
