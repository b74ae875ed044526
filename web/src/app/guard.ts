import type { QueryClient } from "@tanstack/react-query";
import { redirect } from "@tanstack/react-router";
import { meQuery } from "@/api/me";
import { signUpQuery } from "@/api/sign-up";

/** Lets in who is signed in, and remembers where the others wanted to go. */
export async function requireUser(queries: QueryClient, wanted: string): Promise<void> {
  const user = await queries.ensureQueryData(meQuery);
  if (user) return;
  const isHome = wanted === "/" || wanted === "/projects";
  const search = isHome ? {} : { next: wanted };
  // Nobody can sign in where nobody has an account.
  const state = await queries.ensureQueryData(signUpQuery).catch(() => undefined);
  throw redirect(state?.is_first ? { to: "/sign-up", search } : { to: "/sign-in", search });
}

/** Where to go after signing in: only ever an address of this site. */
export function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}
