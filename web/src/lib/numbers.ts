/** To make one costs more than to use it a hundred times. */
const formats = new Map<string, { whole: Intl.NumberFormat; short: Intl.NumberFormat }>();

/** `4,218`, in the language's own way. */
export function formatCount(count: number, language: string): string {
  return formatsOf(language).whole.format(count);
}

const MOST_WHOLE = 9_999;

/** `4,218`, but `866K` or `86.6만` where a longer number finds no room. */
export function formatShortCount(count: number, language: string): string {
  const { whole, short } = formatsOf(language);
  return (count > MOST_WHOLE ? short : whole).format(count);
}

function formatsOf(language: string) {
  const known = formats.get(language) ?? {
    whole: new Intl.NumberFormat(language),
    short: new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 }),
  };
  formats.set(language, known);
  return known;
}

/** `312 B`, `64.0 KiB`, `5.2 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${(bytes / 1_024).toFixed(1)} KiB`;
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
