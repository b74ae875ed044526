export const projects = {
  title: "Projects",
  new: "New project",
  emptyTitle: "Your first project",
  empty:
    "A project holds MCP servers, the people and clients who use them, and a record of every tool call.",
  createTitle: "New project",
  create: "Create project",
  namePlaceholder: "Payments platform",
  slug: "Address",
  slugHint: "Part of the MCP address: a–z, 0–9 and hyphens. Left empty, it is made from the name.",
  created: "Created {{when}}",
  favorite: "Mark {{name}}",
  nameAndText: "Name and description",
  renameHint: "The address {{slug}} stays as it is: clients know it.",
  roles: { owner: "Owner", developer: "Developer", reporter: "Reporter", unknown: "Other" },
};
