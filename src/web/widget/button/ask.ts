/** An answer of the gateway; status 0: there was none. */
export type Answer = {
  readonly status: number;
  /** JSON; `{}` where it was none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Seconds to wait, of the `Retry-After` header. */
  readonly retryAfterS: number | undefined;
};

/** What takes longer is as good as no answer. */
const ANSWER_MS = 15_000;

/**
 * Sends JSON as plain text, which a browser sends to another origin without asking first. Never rejects.
 *
 * @param keep outlives the page
 */
export const ask = (url: string, body: object, keep?: boolean): Promise<Answer> =>
  fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    credentials: 'omit',
    keepalive: !!keep,
    // Browsers without it wait for minutes.
    signal: AbortSignal.timeout ? AbortSignal.timeout(ANSWER_MS) : null,
  })
    .then(async (response) => ({
      status: response.status,
      body: ((await response.json().catch(() => undefined)) || {}) as Answer['body'],
      retryAfterS: +(response.headers.get('retry-after') || 0) || undefined,
    }))
    .catch(() => ({ status: 0, body: {}, retryAfterS: undefined }));
