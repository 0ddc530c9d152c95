const TIMEOUT = 1500;

/**
 * Sends JSON as plain text, which a browser sends to another origin without asking first, and which outlives the page. Not as a
 * beacon: blockers stop those first, and nothing is heard of them.
 *
 * Rejected with the status when it is no success, `timeout` after 1.5 s, or what `fetch` throws.
 */
export const post = (url: string, body: object): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const control = new AbortController();
    setTimeout(() => {
      // What other scripts put in place of `fetch` may not know of the signal.
      reject('timeout');
      control.abort();
    }, TIMEOUT);
    fetch(url, {
      method: 'POST',
      body: JSON.stringify(body),
      credentials: 'include',
      keepalive: true,
      signal: control.signal,
    })
      .then((response) => {
        if (!response.ok) throw response.status;
        return response.json();
      })
      .then(resolve, reject);
  });
