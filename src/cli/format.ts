import { DateTime } from 'luxon';

/** A point in time as people read it, in `zone`: `2026-11-05 09:30:00`. Nothing is a dash. */
export const formatTime = (at: string | number | null, zone?: string): string => {
  if (at === null) return '–';
  const time = typeof at === 'number' ? DateTime.fromMillis(at) : DateTime.fromISO(at);
  return time.setZone(zone ?? 'local').toFormat('yyyy-MM-dd HH:mm:ss');
};

/** Milliseconds as `3.2 s`, `4:05` or `1:02:03`; nothing is a dash. */
export const formatDuration = (ms: number | null): string => {
  if (ms === null) return '–';
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
};

const digitsOf = (currency: string): number => {
  try {
    return (
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ??
      2
    );
  } catch {
    return 2;
  }
};

/** An amount with as many decimals as its currency has: `1,234.50 EUR`, `1,235 JPY`; nothing is a dash. */
export const formatMoney = (amount: number | null, currency: string | null): string => {
  if (amount === null || currency === null) return '–';
  const digits = digitsOf(currency);
  const text = new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text.format(amount)} ${currency}`;
};

/** A share of one as whole percent; nothing is a dash. */
export const formatShare = (share: number | null): string =>
  share === null ? '–' : `${Math.round(share * 100)} %`;

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A bar of up to `width` characters, in eighths of one; something above zero is always seen. */
export const bar = (value: number, greatest: number, width: number): string => {
  if (value <= 0 || greatest <= 0) return '';
  const eighths = Math.max(1, Math.round((Math.min(value, greatest) / greatest) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
};

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes as `1.5 GiB`. */
export const formatBytes = (bytes: number): string => {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power] ?? 'B'}`;
};

/** `1 call`, `3 calls`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
