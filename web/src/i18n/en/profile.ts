export const profile = {
  title: "Profile",
  you: "You",
  since: "Account since",
  preferences: "Appearance",
  preferencesText: "Kept in this browser.",
  password: {
    text: "With another password, every other browser is signed out.",
    current: "Current password",
    new: "New password",
    submit: "Change password",
    done: "The password is changed; other browsers are signed out.",
  },
  sessions: {
    title: "Where you are signed in",
    current: "this browser",
    unknown: "Unknown browser",
    used: "used {{when}}",
    end: "Sign out",
    endOf: "Sign out {{name}}",
    endOthers: "Sign out everywhere else",
  },
  delete: {
    title: "Delete your account",
    text: "You are out of every project and team at once, and your API keys are dead. What you own alone has to be handed over or deleted first. It cannot be undone.",
    button: "Delete my account",
  },
};
