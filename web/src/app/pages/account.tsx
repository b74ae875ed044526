import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useCallback } from "react";
import { SignInLinkPage } from "@/features/account/sign-in-link-page";
import { SignInPage } from "@/features/account/sign-in-page";
import { SignUpPage } from "@/features/account/sign-up-page";
import { safeNext } from "../guard";

const signIn = getRouteApi("/sign-in");
const signUp = getRouteApi("/sign-up");

/** Goes on to where one wanted to go; the address of a spent link does not stay in the history. */
function useGoOn(next: string | undefined): () => void {
  const router = useRouter();
  return useCallback(() => router.history.replace(safeNext(next)), [router, next]);
}

export function SignIn() {
  const { link, next } = signIn.useSearch();
  const goOn = useGoOn(next);
  if (link) return <SignInLinkPage token={link} onSignedIn={goOn} />;
  return <SignInPage next={next} onSignedIn={goOn} />;
}

export function SignUp() {
  const { next, invitation } = signUp.useSearch();
  return <SignUpPage next={next} invitation={invitation} onSignedIn={useGoOn(next)} />;
}
