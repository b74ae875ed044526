import { Outlet, useParams, useRouterState } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Menu as MenuIcon, X } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ProjectSwitcher } from "@/features/projects/project-switcher";
import { IconButton } from "@/ui/button";
import { AccountMenu } from "./account-menu";
import { PlacesNav, ProjectNav } from "./nav";
import { useShellKeys } from "./shell-keys";

// Fetched when somebody asks for them.
const Palette = lazy(async () => ({ default: (await import("./palette")).Palette }));
const KeyHelp = lazy(async () => ({ default: (await import("./key-help")).KeyHelp }));

/** Sidebar and page; on a narrow screen the sidebar slides over. */
export function Shell() {
  const { t } = useTranslation();
  const { project } = useParams({ strict: false });
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [isOpen, setOpen] = useState(false);
  const [asked, setAsked] = useShellKeys();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the sidebar
  useEffect(() => setOpen(false), [path]);
  return (
    <div className="flex h-full">
      <a
        href="#content"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-md bg-accent-solid px-3 py-1.5 font-medium text-white focus:translate-y-0"
      >
        {t("shell.skipToContent")}
      </a>
      {isOpen && (
        <div
          aria-hidden
          className="fixed inset-0 z-30 bg-scrim md:hidden"
          onClick={() => setOpen(false)}
        />
      )}
      <aside
        className={clsx(
          "flex w-[13.25rem] shrink-0 flex-col gap-3 border-border-subtle border-r bg-canvas p-2",
          "max-md:fixed max-md:inset-y-0 max-md:left-0 max-md:z-40 max-md:w-64",
          !isOpen && "max-md:hidden",
        )}
      >
        <div className="flex items-center gap-1">
          <div className="min-w-0 flex-1">
            <ProjectSwitcher current={project} />
          </div>
          <IconButton
            label={t("shell.closeMenu")}
            className="md:hidden"
            onClick={() => setOpen(false)}
          >
            <X size={16} aria-hidden />
          </IconButton>
        </div>
        {project ? <ProjectNav project={project} /> : <PlacesNav />}
        <div className="mt-auto">
          <AccountMenu />
        </div>
      </aside>
      <IconButton
        label={t("shell.openMenu")}
        className="fixed top-2 left-2 z-20 md:hidden"
        onClick={() => setOpen(true)}
      >
        <MenuIcon size={18} aria-hidden />
      </IconButton>
      <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
        <Outlet />
      </main>
      <Suspense>
        {asked === "palette" && (
          <Palette project={project} isOpen onClose={() => setAsked(undefined)} />
        )}
        {asked === "keys" && <KeyHelp isOpen onClose={() => setAsked(undefined)} />}
      </Suspense>
    </div>
  );
}
