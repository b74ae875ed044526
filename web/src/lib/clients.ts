/** What is put into a client's configuration, and how. */
interface Fillable {
  text: string;
  key_placeholder: string;
  deeplink: { configuration: string; encoding: "percent" | "base64"; template: string } | null;
}

/** A client's configuration with the key in its place. */
export function filledText({ text, key_placeholder: place }: Fillable, key: string): string {
  return text.replaceAll(place, () => key);
}

/** An address that has a client program add the server itself, where it knows such addresses. */
export function filledDeeplink(of: Fillable, key: string): string | undefined {
  if (!of.deeplink) return undefined;
  const { configuration, encoding, template } = of.deeplink;
  const filled = configuration.replaceAll(of.key_placeholder, () => key);
  const text = encoding === "base64" ? base64(filled) : filled;
  return template.replace("{configuration}", () => encodeURIComponent(text));
}

/** Of any text, as UTF-8. */
function base64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}

const NAMES: Record<string, string> = {
  cline: "Cline",
  roo: "Roo Code",
  cursor: "Cursor",
  vscode: "VS Code",
  windsurf: "Windsurf",
  claude: "Claude",
  inspector: "Inspector",
};

interface Program {
  type: string | null;
  name: string | null;
  user_agent: string | null;
}

/** What people call a client program. */
export function clientTitle({ type, name, user_agent: agent }: Program): string {
  return NAMES[type ?? ""] ?? name ?? agent?.split(/[\s/]/)[0] ?? "—";
}

/** What people call a kind of client program; undefined for programs that do not say. */
export function clientTypeTitle(type: string): string | undefined {
  if (type === "unknown" || type === "") return undefined;
  return type === "sdk" ? "SDK" : (NAMES[type] ?? type);
}
