import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { clsx } from "clsx";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { projectsQuery } from "@/api/projects";
import { serversQuery } from "@/api/servers";
import { LANGUAGES, type Language, setLanguage } from "@/i18n/language";
import { setTheme, useTheme } from "@/lib/theme";
import { Dialog } from "@/ui/dialog";
import { PROJECT_PAGES } from "./nav";

interface Command {
  id: string;
  label: string;
  group: string;
  run: () => void;
}

const MOST = 50;

interface Props {
  project: string | undefined;
  isOpen: boolean;
  onClose: () => void;
}

/** Goes anywhere and switches anything, by typing a part of its name. */
export function Palette({ project, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t("shell.palette.title")}>
      <Commands project={project} onClose={onClose} />
    </Dialog>
  );
}

function Commands({ project, onClose }: Omit<Props, "isOpen">) {
  const { t } = useTranslation();
  const listId = useId();
  const commands = useCommands(project);
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const wanted = typed.trim().toLowerCase().split(/\s+/);
  const found = commands
    .filter(({ label, group }) =>
      wanted.every((part) => `${group} ${label}`.toLowerCase().includes(part)),
    )
    .slice(0, MOST);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  // Before the dialog looks for something to focus.
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    document.getElementById(`${listId}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [listId, at]);
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(found[at]);
    }
  };
  return (
    <div className="flex min-h-0 flex-col gap-2">
      <input
        ref={input}
        role="combobox"
        aria-label={t("shell.palette.title")}
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={found[at] ? `${listId}-${at}` : undefined}
        placeholder={t("shell.palette.placeholder")}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
        className="h-9 w-full shrink-0 rounded-md border border-border bg-canvas px-2.5"
      />
      <div
        id={listId}
        role="listbox"
        aria-label={t("shell.palette.title")}
        className="h-80 overflow-y-auto"
      >
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keyboard
          <div
            key={command.id}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === at}
            onClick={() => run(command)}
            onMouseMove={() => setAt(index)}
            className={clsx(
              "flex h-8 cursor-pointer items-center justify-between gap-3 rounded-md px-2",
              index === at && "bg-selected",
            )}
          >
            <span className="truncate">{command.label}</span>
            <span className="shrink-0 text-muted text-xs">{command.group}</span>
          </div>
        ))}
      </div>
      <p role="status" className="text-muted text-xs">
        {found.length === 0 && t("shell.palette.none")}
      </p>
    </div>
  );
}

function useCommands(project: string | undefined): Command[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const theme = useTheme();
  const projects = useQuery(projectsQuery).data ?? [];
  const servers =
    useQuery({ ...serversQuery(project ?? ""), enabled: Boolean(project) }).data ?? [];
  const pages = project
    ? PROJECT_PAGES.map(({ to, text }) => ({
        id: to,
        label: t(text),
        group: t("shell.palette.page"),
        run: () => void navigate({ to, params: { project } }),
      }))
    : [];
  const toServer = (server: string) =>
    void navigate({
      to: "/projects/$project/servers/$server",
      params: { project: project ?? "", server },
    });
  const toProject = (slug: string) =>
    void navigate({ to: "/projects/$project", params: { project: slug } });
  const other = theme === "dark" ? "light" : "dark";
  return [
    ...pages,
    ...servers.map(({ id, name }) => ({
      id,
      label: name,
      group: t("shell.pages.servers"),
      run: () => toServer(name),
    })),
    ...projects.map(({ id, name, slug }) => ({
      id,
      label: name,
      group: t("shell.pages.projects"),
      run: () => toProject(slug),
    })),
    {
      id: "all-projects",
      label: t("shell.allProjects"),
      group: t("shell.palette.page"),
      run: () => void navigate({ to: "/projects" }),
    },
    {
      id: "teams",
      label: t("shell.pages.teams"),
      group: t("shell.palette.page"),
      run: () => void navigate({ to: "/teams" }),
    },
    {
      id: "trash",
      label: t("shell.pages.trash"),
      group: t("shell.palette.page"),
      run: () => void navigate({ to: "/trash" }),
    },
    {
      id: "profile",
      label: t("shell.pages.profile"),
      group: t("shell.palette.page"),
      run: () => void navigate({ to: "/profile" }),
    },
    {
      id: "theme",
      label: t(other === "dark" ? "shell.themeDark" : "shell.themeLight"),
      group: t("shell.theme"),
      run: () => setTheme(other),
    },
    ...Object.entries(LANGUAGES).map(([language, name]) => ({
      id: language,
      label: name,
      group: t("shell.language"),
      run: () => void setLanguage(language as Language),
    })),
  ];
}
