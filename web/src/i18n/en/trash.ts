export const trash = {
  title: "Delete {{name}}?",
  typeName: "Type its name: {{name}}",
  project: {
    button: "Delete the project",
    text: "Its API keys stop at once and its clients are cut off. For 7 days you can take it back from the trash; then its servers, keys and every recorded call are gone for good.",
  },
  team: {
    button: "Delete the team",
    text: "Who is in a project by this team alone is out of it at once; the projects stay. For 7 days you can take the team back from the trash.",
  },
  page: {
    text: "Deleted projects and teams of yours lie here for 7 days. Then they are gone for good, and their addresses are free again.",
    empty: "The trash is empty",
    project: "Project",
    deleted: "Deleted {{when}}",
    gone: "Gone for good {{when}}",
    restore: "Take back",
    restoreOf: "Take back {{name}}",
    restored: "It is back, with all that was in it:",
  },
};
