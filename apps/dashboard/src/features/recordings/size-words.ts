/** `12 kB`, `3.4 MB`, `1.2 GB`. What is there is at least 1 kB. */
export function sizeWords(bytes: number): string {
  if (bytes < 999_500) return `${Math.max(Math.round(bytes / 1000), Math.min(1, bytes))} kB`;
  return bytes < 999_500_000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
