import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { projectsQuery } from "@/api/projects";
import type { ActivityFilter } from "@/features/activity/activities";
import type { CallFilter } from "@/features/call-filter/search";
import type { CallsSearch } from "@/features/tool-calls/filter";
import { parseSearch, stringifySearch, text } from "@/lib/search-params";
import { FailedPage, LostPage } from "./failure";
import { requireUser } from "./guard";

interface Context {
  queries: QueryClient;
}

/** A search that keeps the named texts and nothing else. */
function texts<Name extends string>(...names: Name[]) {
  return (given: Record<string, unknown>): { [name in Name]?: string | undefined } => {
    const search: { [name in Name]?: string | undefined } = {};
    for (const name of names) {
      const value = text(given[name]);
      if (value) search[name] = value;
    }
    return search;
  };
}

/** A search that its page reads from the address: what reads it is loaded with the page. */
function readByPage<Search>() {
  return {
    types: {} as { input: Search; output: Record<string, unknown> },
    parse: (given: unknown) => given as Record<string, unknown>,
  };
}

const root = createRootRouteWithContext<Context>()({
  component: Outlet,
  errorComponent: FailedPage,
  notFoundComponent: LostPage,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: texts("link", "next"),
  component: lazyRouteComponent(() => import("./pages/account"), "SignIn"),
});

const signUp = createRoute({
  getParentRoute: () => root,
  path: "/sign-up",
  validateSearch: texts("next", "invitation"),
  component: lazyRouteComponent(() => import("./pages/account"), "SignUp"),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  validateSearch: texts("token"),
  component: lazyRouteComponent(() => import("./pages/invitation"), "Invitation"),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: lazyRouteComponent(() => import("./shell"), "Shell"),
  beforeLoad: ({ context, location }) => requireUser(context.queries, location.href),
});

/** Straight to the only project, or to the choice. */
const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: async ({ context }) => {
    const projects = await context.queries.ensureQueryData(projectsQuery);
    const only = projects.length === 1 ? projects[0] : undefined;
    if (!only) throw redirect({ to: "/projects" });
    throw redirect({ to: "/projects/$project", params: { project: only.slug } });
  },
});

const projects = createRoute({
  getParentRoute: () => inside,
  path: "/projects",
  validateSearch: texts("new"),
  component: lazyRouteComponent(() => import("./pages/projects"), "Projects"),
});

const teams = createRoute({
  getParentRoute: () => inside,
  path: "/teams",
  validateSearch: texts("new"),
  component: lazyRouteComponent(() => import("./pages/teams"), "Teams"),
});

const team = createRoute({
  getParentRoute: () => inside,
  path: "/teams/$team",
  component: lazyRouteComponent(() => import("./pages/teams"), "OneTeam"),
});

const teamActivity = createRoute({
  getParentRoute: () => inside,
  path: "/teams/$team/activity",
  validateSearch: readByPage<ActivityFilter>(),
  component: lazyRouteComponent(() => import("./pages/teams"), "TeamActivity"),
});

const teamSettings = createRoute({
  getParentRoute: () => inside,
  path: "/teams/$team/settings",
  component: lazyRouteComponent(() => import("./pages/teams"), "TeamSettings"),
});

const trash = createRoute({
  getParentRoute: () => inside,
  path: "/trash",
  component: lazyRouteComponent(() => import("./pages/trash"), "Trash"),
});

const profile = createRoute({
  getParentRoute: () => inside,
  path: "/profile",
  component: lazyRouteComponent(() => import("./pages/profile"), "Profile"),
});

const allUsers = createRoute({
  getParentRoute: () => inside,
  path: "/administration",
  validateSearch: texts("text"),
  component: lazyRouteComponent(() => import("./pages/administration"), "Users"),
});

const allTeams = createRoute({
  getParentRoute: () => inside,
  path: "/administration/teams",
  component: lazyRouteComponent(() => import("./pages/administration"), "Teams"),
});

const allProjects = createRoute({
  getParentRoute: () => inside,
  path: "/administration/projects",
  component: lazyRouteComponent(() => import("./pages/administration"), "Projects"),
});

const allApiKeys = createRoute({
  getParentRoute: () => inside,
  path: "/administration/api-keys",
  component: lazyRouteComponent(() => import("./pages/administration"), "ApiKeys"),
});

const allActivity = createRoute({
  getParentRoute: () => inside,
  path: "/administration/activity",
  validateSearch: readByPage<ActivityFilter>(),
  component: lazyRouteComponent(() => import("./pages/administration"), "Activity"),
});

const system = createRoute({
  getParentRoute: () => inside,
  path: "/administration/system",
  component: lazyRouteComponent(() => import("./pages/administration"), "System"),
});

const project = createRoute({
  getParentRoute: () => inside,
  path: "/projects/$project",
});

const projectHome = createRoute({
  getParentRoute: () => project,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/overview"), "Overview"),
});

const toolCalls = createRoute({
  getParentRoute: () => project,
  path: "/tool-calls",
  validateSearch: readByPage<CallsSearch>(),
  component: lazyRouteComponent(() => import("./pages/tool-calls"), "ToolCalls"),
});

const metrics = createRoute({
  getParentRoute: () => project,
  path: "/metrics",
  validateSearch: readByPage<CallFilter>(),
  component: lazyRouteComponent(() => import("./pages/metrics"), "Metrics"),
});

const sessions = createRoute({
  getParentRoute: () => project,
  path: "/sessions",
  component: lazyRouteComponent(() => import("./pages/sessions"), "Sessions"),
});

const session = createRoute({
  getParentRoute: () => project,
  path: "/sessions/$session",
  component: lazyRouteComponent(() => import("./pages/sessions"), "OneSession"),
});

const serverLogs = createRoute({
  getParentRoute: () => project,
  path: "/server-logs",
  validateSearch: texts("server", "level"),
  component: lazyRouteComponent(() => import("./pages/server-logs"), "ServerLogs"),
});

const servers = createRoute({
  getParentRoute: () => project,
  path: "/servers",
  component: lazyRouteComponent(() => import("./pages/servers"), "Servers"),
});

const server = createRoute({
  getParentRoute: () => project,
  path: "/servers/$server",
  component: lazyRouteComponent(() => import("./pages/servers"), "OneServer"),
});

const connect = createRoute({
  getParentRoute: () => project,
  path: "/connect",
  validateSearch: texts("client"),
  component: lazyRouteComponent(() => import("./pages/connect"), "Connect"),
});

const apiKeys = createRoute({
  getParentRoute: () => project,
  path: "/api-keys",
  component: lazyRouteComponent(() => import("./pages/api-keys"), "ApiKeys"),
});

const members = createRoute({
  getParentRoute: () => project,
  path: "/members",
  component: lazyRouteComponent(() => import("./pages/members"), "Members"),
});

const activity = createRoute({
  getParentRoute: () => project,
  path: "/activity",
  validateSearch: readByPage<ActivityFilter>(),
  component: lazyRouteComponent(() => import("./pages/activity"), "Activity"),
});

const settings = createRoute({
  getParentRoute: () => project,
  path: "/settings",
  component: lazyRouteComponent(() => import("./pages/settings"), "Settings"),
});

const tree = root.addChildren([
  signIn,
  signUp,
  invitation,
  inside.addChildren([
    home,
    projects,
    teams,
    team,
    teamActivity,
    teamSettings,
    trash,
    profile,
    allUsers,
    allTeams,
    allProjects,
    allApiKeys,
    allActivity,
    system,
    project.addChildren([
      projectHome,
      toolCalls,
      metrics,
      sessions,
      session,
      serverLogs,
      servers,
      server,
      connect,
      apiKeys,
      members,
      activity,
      settings,
    ]),
  ]),
]);

export function createAppRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    scrollRestoration: false,
  });
}

/** Fetches the code of the page at the address, while it is found out who reads it. */
export function fetchFirst(router: ReturnType<typeof createAppRouter>): Promise<void> {
  const [routes] = router.getMatchedRoutes(router.latestLocation.pathname);
  for (const route of routes) {
    // What fails here fails again, and is shown, where the page is drawn.
    router.loadRouteChunk(route)?.catch(() => undefined);
  }
  return router.load();
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
