export const account = {
  signInTitle: "Sign in",
  signUpTitle: "Create an account",
  email: "E-mail",
  password: "Password",
  passwordHint: "15 characters or more. A few words are fine.",
  signIn: "Sign in",
  signUp: "Create account",
  toSignUp: "No account yet? Create one",
  toSignIn: "Already have an account? Sign in",
  byInvitation:
    "Accounts are made by invitation here: open the link of yours, or ask a colleague or an administrator for one.",
  first: "Nobody is here yet. The first account is the administrator's.",
  byLink: "Signing you in…",
  linkFailedTitle: "This link does not work any more",
  linkFailed:
    "A sign-in link works once and not for long. Sign in with your password, or ask for a new link.",
  tagline: "Every tool call of your AI clients, on one screen.",
};
