interface Reached {
  url: string | null;
  command: string | null;
  args: string[];
}

/** What reaches a server: its address, or the program that is started. */
export function reachedBy({ url, command, args }: Reached): string {
  if (url !== null) return url;
  return [command ?? "", ...args]
    .map((part) => (/[\s"']/.test(part) ? JSON.stringify(part) : part))
    .join(" ");
}
