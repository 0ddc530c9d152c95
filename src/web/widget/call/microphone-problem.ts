import type { Refusal } from '../../call/microphone.ts';
import type { CallProblem } from './contract.ts';

/** Why there is no microphone. */
export type MicrophoneProblem = Extract<
  CallProblem,
  {
    readonly type:
      | 'insecure-origin'
      | 'microphone-refused'
      | 'microphone-framed'
      | 'no-microphone'
      | 'microphone-busy'
      | 'microphone-unfit';
  }
>;

/** Where the page stands when the browser refuses. */
export type Circumstances = {
  readonly secure: boolean;
  /** In somebody else's frame. */
  readonly framed: boolean;
  /** Whether the frame's owner allows a microphone; undefined where the browser does not tell. */
  readonly allowed: boolean | undefined;
  /** What was decided before for this page; undefined where the browser does not tell. */
  readonly permission: PermissionState | undefined;
};

/** Nobody answers a question within this; the browser did. */
const AT_ONCE_MS = 150;

const isFrames = ({ tookMs }: Refusal, { framed, allowed, permission }: Circumstances): boolean => {
  if (!framed || allowed === true) return false;
  if (allowed === false) return true;
  // Without having asked, and without a former "no" for the page itself.
  return tookMs < AT_ONCE_MS && permission !== 'denied';
};

const refusedBy = (
  message: string,
  permission: PermissionState | undefined,
): 'person' | 'dismissed' | 'system' => {
  if (/by system/i.test(message)) return 'system';
  return /dismissed/i.test(message) && permission !== 'denied' ? 'dismissed' : 'person';
};

/** What getUserMedia's refusal means to a person (Media Capture and Streams 10.3). */
export const problemOfCapture = (refusal: Refusal, circumstances: Circumstances): MicrophoneProblem => {
  if (!circumstances.secure) return { type: 'insecure-origin' };
  switch (refusal.name) {
    case 'NotAllowedError':
    case 'SecurityError':
    case 'PermissionDeniedError':
      return isFrames(refusal, circumstances)
        ? { type: 'microphone-framed' }
        : { type: 'microphone-refused', by: refusedBy(refusal.message, circumstances.permission) };
    case 'NotReadableError':
    case 'AbortError':
    case 'TrackStartError':
      return { type: 'microphone-busy' };
    case 'OverconstrainedError':
    case 'ConstraintNotSatisfiedError':
      return { type: 'microphone-unfit' };
    default:
      return { type: 'no-microphone' };
  }
};

type PolicyDocument = Document & {
  readonly featurePolicy?: { allowsFeature(name: string): boolean };
  readonly permissionsPolicy?: { allowsFeature(name: string): boolean };
};

const isFramed = (): boolean => {
  try {
    return window.top !== window.self;
  } catch {
    return true;
  }
};

/** Looks around in the page. Never rejects. */
export const circumstances = async (): Promise<Circumstances> => {
  const { permissionsPolicy, featurePolicy } = document as PolicyDocument;
  const permission = await navigator.permissions
    ?.query({ name: 'microphone' })
    .then(({ state }) => state)
    .catch(() => undefined);
  return {
    secure: isSecureContext,
    framed: isFramed(),
    allowed: (permissionsPolicy ?? featurePolicy)?.allowsFeature('microphone'),
    permission,
  };
};
