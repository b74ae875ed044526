/** To make one costs more than to use it a hundred times. */
const formats = new Map<string, Intl.NumberFormat>();

/** `4,218`, in the language's own way. */
export function formatCount(count: number, language: string): string {
  const format = formats.get(language) ?? new Intl.NumberFormat(language);
  formats.set(language, format);
  return format.format(count);
}

/** `312 B`, `64.0 KiB`, `5.2 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${(bytes / 1_024).toFixed(1)} KiB`;
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
