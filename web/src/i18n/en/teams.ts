export const teams = {
  title: "Teams",
  one: "Team",
  text: "A team brings its members into every project that it is in.",
  new: "New team",
  newText: "You become its owner, and invite the others.",
  create: "Create team",
  namePlaceholder: "Payments",
  slugHint: "Part of the address: a–z, 0–9 and hyphens. Left empty, it is made from the name.",
  emptyTitle: "No teams yet",
  empty: "Make a team of those who work on several projects together.",
  settings: "Settings",
  noProjects:
    "This team is in no project. An owner of a project adds it on the page of members there.",
};
