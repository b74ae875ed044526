import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { type CallFilter, readFilter } from "@/features/call-filter/search";
import { projectsQuery } from "@/features/projects/projects";
import { type CallsSearch, readSearch } from "@/features/tool-calls/filter";
import { parseSearch, stringifySearch, text } from "@/lib/search-params";
import { FailedPage, LostPage } from "./failure";
import { requireUser } from "./guard";
import { Shell } from "./shell";

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
  component: Shell,
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
  validateSearch: (given: Record<string, unknown>): CallsSearch => readSearch(given),
  component: lazyRouteComponent(() => import("./pages/tool-calls"), "ToolCalls"),
});

const metrics = createRoute({
  getParentRoute: () => project,
  path: "/metrics",
  validateSearch: (given: Record<string, unknown>): CallFilter => readFilter(given),
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

const tree = root.addChildren([
  signIn,
  signUp,
  invitation,
  inside.addChildren([
    home,
    projects,
    teams,
    team,
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

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
