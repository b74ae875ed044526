import type { QueryClient } from "@tanstack/react-query";
import { redirect } from "@tanstack/react-router";
import { meQuery } from "@/api/me";

/** Lets in who is signed in, and remembers where the others wanted to go. */
export async function requireUser(queries: QueryClient, wanted: string): Promise<void> {
  const user = await queries.ensureQueryData(meQuery);
  if (user) return;
  const isHome = wanted === "/" || wanted === "/projects";
  throw redirect({ to: "/sign-in", search: isHome ? {} : { next: wanted } });
}

/** Where to go after signing in: only ever an address of this site. */
export function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}
