import type { Rolldown } from "vite";

type Options = Exclude<NonNullable<Rolldown.OutputOptions["codeSplitting"]>, boolean>;

/** What so many pages need is loaded before any of them. */
const PAGES = 6;

const SHELL =
  /node_modules\/(react|react-dom|scheduler|use-sync-external-store|react-i18next|i18next|openapi-fetch|@tanstack\/(history|store|react-store|router-core|react-router|query-core|react-query))\//;

/**
 * What every page needs in one file, as it packs better than in many, and what several need in
 * another: a page of sixty files waits for every one of them.
 */
export function chunks(): Options {
  const start = new Set([`${import.meta.dirname}/src/main.tsx`]);
  let isKnown = false;
  return {
    // What is loaded at the start stays there.
    includeDependenciesRecursively: false,
    groups: [
      { name: "shell", test: SHELL, priority: 1 },
      {
        name: (id, context) => {
          if (!isKnown) {
            isKnown = true;
            for (const one of start) {
              for (const imported of context.getModuleInfo(one)?.importedIds ?? []) {
                start.add(imported);
              }
            }
          }
          return start.has(id) ? null : "common";
        },
        debugName: "common",
        minShareCount: PAGES,
        test: /\.m?[jt]sx?$/,
      },
    ],
  };
}
