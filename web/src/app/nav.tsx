import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import {
  ChartLine,
  FolderOpen,
  Gauge,
  History,
  KeyRound,
  type LucideIcon,
  MonitorSmartphone,
  PlugZap,
  ScrollText,
  Server,
  Settings,
  ShieldAlert,
  SquareTerminal,
  Trash2,
  UserRound,
  Users,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/me";

const ITEM =
  "flex h-8 items-center gap-2.5 rounded-md px-2 font-medium text-muted transition-colors hover:bg-hover hover:text-text md:h-7 aria-[current=page]:bg-hover aria-[current=page]:text-text";

interface NavItem {
  to:
    | "/projects/$project"
    | "/projects/$project/tool-calls"
    | "/projects/$project/members"
    | "/projects/$project/metrics"
    | "/projects/$project/sessions"
    | "/projects/$project/server-logs"
    | "/projects/$project/servers"
    | "/projects/$project/connect"
    | "/projects/$project/api-keys"
    | "/projects/$project/activity"
    | "/projects/$project/settings";
  text:
    | "shell.pages.toolCalls"
    | "shell.pages.overview"
    | "shell.pages.members"
    | "shell.pages.metrics"
    | "shell.pages.sessions"
    | "shell.pages.serverLogs"
    | "shell.pages.servers"
    | "shell.pages.connect"
    | "shell.pages.apiKeys"
    | "shell.pages.activity"
    | "shell.pages.settings";
  icon: LucideIcon;
  /** What is looked at, or what is set up. */
  group: "log" | "project";
}

/** The pages of one project, in the order in which they are listed. */
export const PROJECT_PAGES: NavItem[] = [
  { to: "/projects/$project", text: "shell.pages.overview", icon: Gauge, group: "log" },
  {
    to: "/projects/$project/tool-calls",
    text: "shell.pages.toolCalls",
    icon: ScrollText,
    group: "log",
  },
  { to: "/projects/$project/metrics", text: "shell.pages.metrics", icon: ChartLine, group: "log" },
  {
    to: "/projects/$project/sessions",
    text: "shell.pages.sessions",
    icon: MonitorSmartphone,
    group: "log",
  },
  {
    to: "/projects/$project/server-logs",
    text: "shell.pages.serverLogs",
    icon: SquareTerminal,
    group: "log",
  },
  { to: "/projects/$project/activity", text: "shell.pages.activity", icon: History, group: "log" },
  { to: "/projects/$project/servers", text: "shell.pages.servers", icon: Server, group: "project" },
  {
    to: "/projects/$project/connect",
    text: "shell.pages.connect",
    icon: PlugZap,
    group: "project",
  },
  {
    to: "/projects/$project/api-keys",
    text: "shell.pages.apiKeys",
    icon: KeyRound,
    group: "project",
  },
  { to: "/projects/$project/members", text: "shell.pages.members", icon: Users, group: "project" },
  {
    to: "/projects/$project/settings",
    text: "shell.pages.settings",
    icon: Settings,
    group: "project",
  },
];

export function ProjectNav({ project }: { project: string }) {
  const { t } = useTranslation();
  const items = (group: NavItem["group"]) =>
    PROJECT_PAGES.filter((item) => item.group === group).map(({ to, text, icon: Icon }) => (
      <Link
        key={to}
        to={to}
        params={{ project }}
        // The overview's address begins that of every page.
        activeOptions={{ exact: to === "/projects/$project", includeSearch: false }}
        className={ITEM}
      >
        <Icon size={15} aria-hidden />
        {t(text)}
      </Link>
    ));
  return (
    <nav aria-label={t("shell.navigation")} className="flex flex-col gap-px">
      {items("log")}
      <p className="px-2 pt-4 pb-1.5 text-2xs text-faint">{t("shell.projectGroup")}</p>
      {items("project")}
    </nav>
  );
}

/** Where one is in no project. */
export function PlacesNav() {
  const { t } = useTranslation();
  const isAdmin = useQuery(meQuery).data?.is_admin;
  return (
    <nav aria-label={t("shell.places")} className="flex flex-col gap-px">
      <Link to="/projects" search={{}} className={ITEM}>
        <FolderOpen size={15} aria-hidden />
        {t("shell.pages.projects")}
      </Link>
      <Link to="/teams" search={{}} className={ITEM}>
        <Users size={15} aria-hidden />
        {t("shell.pages.teams")}
      </Link>
      <Link to="/trash" className={ITEM}>
        <Trash2 size={15} aria-hidden />
        {t("shell.pages.trash")}
      </Link>
      <Link to="/profile" className={ITEM}>
        <UserRound size={15} aria-hidden />
        {t("shell.pages.profile")}
      </Link>
      {isAdmin && (
        <Link to="/administration" search={{}} className={ITEM}>
          <ShieldAlert size={15} aria-hidden />
          {t("shell.pages.administration")}
        </Link>
      )}
    </nav>
  );
}
