import type { JSX } from 'preact';
import type { Quality } from '../contract.ts';
import { useSelected, useWords } from './context.ts';

/** A sound level from 0 to 1. */
export const Meter = ({ label, level }: { readonly label: string; readonly level: number }): JSX.Element => {
  const share = Math.min(1, Math.max(0, level));
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers draw <meter> each in its way, and not smoothly
    <span
      class="meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
    >
      <span class="meter-bar" style={{ transform: `scaleX(${share.toFixed(3)})` }} />
    </span>
  );
};

const rounded = (value: number): number => Math.round(value * 10) / 10;

const figuresOf = (
  quality: Quality,
  names: Readonly<Record<'mos' | 'rtt' | 'jitter' | 'loss', string>>,
): string =>
  [
    quality.mos === undefined ? '' : `${names.mos} ${rounded(quality.mos)}`,
    quality.rttMs === undefined ? '' : `${names.rtt} ${Math.round(quality.rttMs)} ms`,
    quality.jitterMs === undefined ? '' : `${names.jitter} ${Math.round(quality.jitterMs)} ms`,
    quality.lossPercent === undefined ? '' : `${names.loss} ${rounded(quality.lossPercent)} %`,
  ]
    .filter((figure) => figure !== '')
    .join(' · ');

const sameQuality = (a: Quality | undefined, b: Quality | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b));

/** How the call sounds: a light, a word, and the reason when it is not good. */
export const QualityLight = ({ callKey }: { readonly callKey: string }): JSX.Element => {
  const words = useWords();
  const quality = useSelected(
    (state) => state.calls.find(({ key }) => key === callKey)?.quality,
    sameQuality,
  );
  const level = quality?.level ?? 'unknown';
  return (
    <div class="quality" data-level={level}>
      <p class="quality-light" title={quality ? figuresOf(quality, words.quality.figures) : ''}>
        <span class="dot" aria-hidden="true" />
        <span class="quality-label">{words.quality.label}</span> <strong>{words.quality[level]}</strong>
      </p>
      <p class="quality-reason" role="status">
        {quality?.reason ? words.quality.reason[quality.reason] : ''}
      </p>
      {quality && !quality.reason && (
        <p class="quality-reason">{figuresOf(quality, words.quality.figures)}</p>
      )}
    </div>
  );
};

const SILENT = { microphone: 0, speaker: 0 };

/** Both sides' sound levels. */
export const CallMeters = ({ callKey }: { readonly callKey: string }): JSX.Element => {
  const words = useWords();
  const levels = useSelected((state) => state.calls.find(({ key }) => key === callKey)?.levels ?? SILENT);
  return (
    <div class="call-meters">
      <Meter label={words.call.microphone} level={levels.microphone} />
      <Meter label={words.call.speaker} level={levels.speaker} />
    </div>
  );
};
