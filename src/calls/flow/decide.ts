import { errorMessage } from '../../base/errors.ts';
import type { FlowAction, FlowEvent, FlowFacts } from '../../flows/index.ts';

type Decided = Extract<FlowEvent, { type: 'decided' }>;

/** An answer longer than this is none. */
const MOST_BYTES = 65_536;

const readLimited = async (response: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`the answer is longer than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([key, text]) =>
          typeof text === 'string' || typeof text === 'number' || typeof text === 'boolean'
            ? [[key, String(text)]]
            : [],
        ),
      )
    : {};

/**
 * Asks an address of the business which way a call goes. Never rejects: whatever goes wrong, the flow has a way of its own.
 *
 * The request is a POST with the call's facts as JSON; the answer is `{"exit": "…", "variables": {…}, "tags": […]}`.
 */
export const askForDecision = async (
  action: Extract<FlowAction, { type: 'decide' }>,
  facts: FlowFacts,
  variables: Readonly<Record<string, string>>,
): Promise<Decided> => {
  const began = performance.now();
  const took = (): number => Math.round(performance.now() - began);
  const { callerNumber, callerKey: _, ...others } = facts;
  const body = { ...others, ...(action.sendNumber && { callerNumber }), variables };
  try {
    const response = await fetch(action.url, {
      method: 'POST',
      headers: { ...action.headers, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(action.timeoutMs),
    });
    const text = await readLimited(response);
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null) throw new Error('its answer is no JSON object');
    const { exit, variables: set, tags } = answer as Readonly<Record<string, unknown>>;
    return {
      type: 'decided',
      exit: typeof exit === 'string' ? exit : undefined,
      variables: textsOf(set),
      tags: Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [],
      failure: typeof exit === 'string' ? undefined : 'its answer names no exit',
      tookMs: took(),
    };
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    const failure = late ? `no answer within ${action.timeoutMs} ms` : errorMessage(error);
    return { type: 'decided', exit: undefined, variables: {}, tags: [], failure, tookMs: took() };
  }
};
