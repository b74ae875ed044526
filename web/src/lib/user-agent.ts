/** In the order in which they are asked for: many name the ones before them too. */
const BROWSERS: [RegExp, string][] = [
  [/\bEdg\w*\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bWhale\//, "Whale"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bChrome\/|\bCriOS\/|\bHeadlessChrome\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];

const SYSTEMS: [RegExp, string][] = [
  [/Windows/, "Windows"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/Android/, "Android"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** `Firefox · Linux`; programs that are no browser as they call themselves. */
export function browserName(userAgent: string): string {
  const find = (list: [RegExp, string][]) => list.find(([is]) => is.test(userAgent))?.[1];
  const browser = find(BROWSERS);
  if (!browser) return userAgent.split(" ")[0] ?? userAgent;
  return [browser, find(SYSTEMS)].filter(Boolean).join(" · ");
}
