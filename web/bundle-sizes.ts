import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

/** Kilobytes of compressed JavaScript that a part may add to what was loaded before it. */
interface Budget {
  part: string;
  /** The end of the name of the module that it begins with. */
  module: string;
  /** The part that is loaded before. */
  after?: string;
  most: number;
}

const BUDGETS: Budget[] = [
  { part: "start", module: "index.html", most: 135 },
  { part: "frame", module: "src/app/shell.tsx", after: "start", most: 50 },
  { part: "explorer", module: "src/app/pages/tool-calls.tsx", after: "frame", most: 75 },
  { part: "metrics", module: "src/app/pages/metrics.tsx", after: "frame", most: 35 },
];

/** Refuses a build whose parts have outgrown their budgets, and says what each weighs. */
export function bundleSizes(): Plugin {
  return {
    name: "bundle-sizes",
    apply: "build",
    generateBundle(_, bundle) {
      const loadedBy = new Map<string, Set<string>>();
      for (const { part, module, after, most } of BUDGETS) {
        const first = Object.values(bundle).find(
          (file) => file.type === "chunk" && file.facadeModuleId?.endsWith(module),
        );
        if (!first) this.error(`no file of the build begins with ${module}`);
        const before = (after && loadedBy.get(after)) || new Set<string>();
        const loaded = new Set(before);
        load(first.fileName, bundle, loaded);
        loadedBy.set(part, loaded);
        const added = [...loaded].filter((name) => !before.has(name));
        const size = added.reduce((sum, name) => sum + weight(bundle[name]), 0) / 1_000;
        const said = `${part}: ${size.toFixed(1)} kB of JavaScript, compressed; at most ${most}`;
        if (size > most) this.error(said);
        this.info(said);
      }
    },
  };
}

/** A file with all that it imports at once. */
function load(name: string, bundle: Rolldown.OutputBundle, loaded: Set<string>): void {
  const file = bundle[name];
  if (file?.type !== "chunk" || loaded.has(name)) return;
  loaded.add(name);
  for (const imported of file.imports) load(imported, bundle, loaded);
}

function weight(file: Rolldown.OutputBundle[string] | undefined): number {
  return file?.type === "chunk" ? gzipSync(file.code).length : 0;
}
