import type { Rolldown } from "vite";

type Options = Exclude<NonNullable<Rolldown.OutputOptions["codeSplitting"]>, boolean>;
type Context = Rolldown.ChunkingContext;

const SHELL =
  /node_modules\/(react|react-dom|scheduler|use-sync-external-store|react-i18next|i18next|openapi-fetch|@tanstack\/(history|store|react-store|router-core|react-router|query-core|react-query))\//;

const SRC = `${import.meta.dirname}/src`;

/** What is written by somebody, and not by the build itself. */
const MODULE = /^[^\0].*\.m?[jt]sx?$/;
/** Leads to all icons, of which a module takes but a few. */
const ALL_ICONS = /^(.*\/lucide-react\/dist\/esm)\/lucide-react\.mjs$/;
const ICONS_TAKEN = /import\s*\{([^}]*)\}\s*from\s*["']lucide-react["']/g;
/** `{ default as Clock3, default as LucideClock3 } from './icons/clock-3.mjs'` */
const ICON_EXPORTED = /\{([^}]*)\}\s*from\s*["']\.(\/icons\/[\w-]+\.mjs)["']/g;

/** A page waits for each of its files, so what several pages need lies in few. */
export function chunks(): Options {
  const parts = new Map<string, Set<string>>();
  /** Whether a module is loaded with another, at once. */
  const isWith = (id: string, module: string, context: Context) => {
    const found = parts.get(module) ?? loadedWith(`${SRC}/${module}`, context);
    parts.set(module, found);
    return found.has(id);
  };
  return {
    // What is loaded at the start stays there.
    includeDependenciesRecursively: false,
    groups: [
      { name: "shell", test: SHELL, priority: 1 },
      {
        name: (id, context) => {
          // The file that the page names is the entry itself.
          if (id === `${SRC}/main.tsx`) return null;
          if (isWith(id, "main.tsx", context)) return "start";
          if (isWith(id, "app/shell.tsx", context)) return "frame";
          return null;
        },
        debugName: "frame",
        test: MODULE,
      },
      {
        name: (id, context) => {
          const isOfMetrics = isWith(id, "app/pages/metrics.tsx", context);
          if (isWith(id, "app/pages/tool-calls.tsx", context)) {
            return isOfMetrics ? "filter" : "calls";
          }
          return isOfMetrics ? "figures" : "common";
        },
        debugName: "common",
        minShareCount: 2,
        test: MODULE,
      },
    ],
  };
}

/** A module with all that it imports, and they import, at once. */
function loadedWith(first: string, context: Context): Set<string> {
  const found = new Set([first]);
  for (const id of found) {
    const module = context.getModuleInfo(id);
    for (const imported of module?.importedIds ?? []) {
      const [, folder] = ALL_ICONS.exec(imported) ?? [];
      if (!folder) found.add(imported);
      else for (const icon of iconsOf(module, imported, context)) found.add(folder + icon);
    }
  }
  return found;
}

/** The files of the icons that a module takes: `/icons/clock-3.mjs`. */
function iconsOf(module: Rolldown.ModuleInfo | null, all: string, context: Context): string[] {
  const taken = [...(module?.code ?? "").matchAll(ICONS_TAKEN)].flatMap(([, names = ""]) =>
    names.split(",").map((name) => name.trim().split(" ")[0]),
  );
  const exports = [...(context.getModuleInfo(all)?.code ?? "").matchAll(ICON_EXPORTED)];
  return exports
    .filter(([, names = ""]) =>
      taken.some((name) => name && new RegExp(` as ${name}\\b`).test(names)),
    )
    .map(([, , file = ""]) => file);
}
