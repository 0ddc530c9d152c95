/** A call that is not dialled on: what to answer, and what its record says. */
export type Refusal = {
  readonly type: 'refuse';
  readonly status: 'blocked' | 'failed';
  readonly sipCode: number;
  readonly q850: number;
  /** One sentence for the call record, without its full stop. */
  readonly reason: string;
  /** Of a 503: when it may be worth another try. */
  readonly retryAfterSeconds?: number;
};

export const refuse = (
  status: Refusal['status'],
  sipCode: number,
  q850: number,
  reason: string,
): Refusal => ({ type: 'refuse', status, sipCode, q850, reason });
