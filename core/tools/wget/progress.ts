/** wget's dotted progress, sizes, rates and times. */

const two = (value: number) => String(value).padStart(2, "0");

/** `2025-11-20 10:00:00`. */
export function wgetTime(time: number): string {
  const at = new Date(time);
  const day = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
  return `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
}

/** `195K`, `1.2M`: what stands behind a length. */
export function shortSize(bytes: number): string {
  const units = ["K", "M", "G", "T"];
  let [value, unit] = [bytes / 1024, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}${units[unit]}`;
}

/** Bytes a second over milliseconds; a transfer that took no time counts as one of a microsecond. */
function rateOf(bytes: number, took: number): { readonly value: number; readonly unit: number } {
  let value = (bytes * 1000) / Math.max(took, 0.001);
  let unit = 0;
  while (value >= 1024 && unit < 3) [value, unit] = [value / 1024, unit + 1];
  return { value, unit };
}

const digits = (value: number) => value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);

/** `2.20 MB/s` of the closing line. */
export function rateText(bytes: number, took: number): string {
  const { value, unit } = rateOf(bytes, took);
  return `${digits(value)} ${["B/s", "KB/s", "MB/s", "GB/s"][unit]}`;
}

function shortRate(bytes: number, took: number): string {
  const { value, unit } = rateOf(bytes, took);
  const text = value < 99.95 ? (value < 9.995 ? value.toFixed(2) : value.toFixed(1)) : value.toFixed(0);
  return `${text}${[" ", "K", "M", "G"][unit]}`;
}

function elapsedText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds === 0) return "0s";
  if (seconds < 0.0005) return "0s";
  if (seconds < 10) return `${Number(seconds.toPrecision(seconds < 1 ? 1 : 2))}s`;
  return seconds < 60 ? `${Math.round(seconds)}s` : `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s`;
}

const ROW = 50 * 1024;

/** The dots of a finished transfer, `total` undefined where the length was not told. */
export function dots(bytes: number, total: number | undefined, took: number): string {
  const rows = Math.max(1, Math.ceil(bytes / ROW));
  const lines = Array.from({ length: rows }, (_, row) => {
    const here = Math.min(bytes - row * ROW, ROW);
    const filled = Math.floor(here / 1024);
    const columns = Array.from({ length: 50 }, (_, i) => (i < filled ? "." : " ")).join("").match(/.{10}/g) as string[];
    const head = `${String(row * 50).padStart(6)}K ${columns.join(" ")}`;
    const last = row === rows - 1;
    const share = total === undefined
      ? "    "
      : `${String(Math.floor((Math.min((row + 1) * ROW, bytes) * 100) / Math.max(total, 1))).padStart(3)}%`;
    return last
      ? `${head}${share} ${shortRate(here, took / rows)}=${elapsedText(took)}`
      : `${head}${share} ${shortRate(here, took / rows)} 0s`;
  });
  return `${lines.join("\n")}\n\n`;
}
