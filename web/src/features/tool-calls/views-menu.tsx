import { useQuery } from "@tanstack/react-query";
import { Bookmark, BookmarkPlus, BookmarkX, ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/me";
import { useMay } from "@/api/permissions";
import type { SavedView } from "@/api/types";
import type { CallFilter } from "@/features/call-filter/search";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Form, fieldProblem, typed } from "@/ui/form";
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";
import { filterOfView, savedViewsQuery, searchOf, useRemoveView, useSaveView } from "./saved-views";

interface Props {
  project: string;
  filter: CallFilter;
  onFilter: (filter: CallFilter) => void;
}

/** Questions to the log that the people of a project keep for each other. */
export function ViewsMenu({ project, filter, onFilter }: Props) {
  const { t } = useTranslation();
  const views = useQuery(savedViewsQuery(project)).data ?? [];
  const me = useQuery(meQuery).data;
  const isOwner = useMay(project, "manage_project");
  const [asked, setAsked] = useState<"save" | SavedView>();
  const here = searchOf(filter);
  const shown = views.find((view) => searchOf(filterOfView(view)) === here);
  const mayRemove = shown && (isOwner || shown.created_by_user_id === me?.id);
  return (
    <>
      <Menu
        align="end"
        trigger={
          <Button className="max-w-44">
            <Bookmark size={13} aria-hidden />
            <span className="truncate max-md:sr-only">
              {shown?.name ?? t("toolCalls.views.label")}
            </span>
            <ChevronDown size={13} aria-hidden className="text-faint max-md:hidden" />
          </Button>
        }
      >
        {views.length === 0 && <MenuLabel>{t("toolCalls.views.none")}</MenuLabel>}
        {views.map((view) => (
          <MenuCheck
            key={view.id}
            isChecked={view === shown}
            onChange={() => onFilter(filterOfView(view))}
          >
            <span className="truncate">{view.name}</span>
          </MenuCheck>
        ))}
        <MenuLine />
        {!shown && (
          <MenuItem onSelect={() => setAsked("save")}>
            <BookmarkPlus size={14} aria-hidden className="text-faint" />
            {t("toolCalls.views.save")}
          </MenuItem>
        )}
        {mayRemove && (
          <MenuItem onSelect={() => setAsked(shown)}>
            <BookmarkX size={14} aria-hidden className="text-error" />
            {t("toolCalls.views.remove", { name: shown.name })}
          </MenuItem>
        )}
      </Menu>
      <SaveDialog
        project={project}
        search={here}
        isOpen={asked === "save"}
        onClose={() => setAsked(undefined)}
      />
      <RemoveDialog
        project={project}
        view={typeof asked === "object" ? asked : undefined}
        onClose={() => setAsked(undefined)}
      />
    </>
  );
}

interface SaveProps {
  project: string;
  search: string;
  isOpen: boolean;
  onClose: () => void;
}

function SaveDialog({ project, search, isOpen, onClose }: SaveProps) {
  const { t } = useTranslation();
  const save = useSaveView(project);
  const close = () => {
    save.reset();
    onClose();
  };
  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={t("toolCalls.views.save")}
      text={t("toolCalls.views.saveText")}
    >
      <Form
        error={save.error}
        fields={["name"]}
        submit={t("words.save")}
        isBusy={save.isPending}
        onCancel={close}
        onSubmit={(form) =>
          save.mutate({ name: typed(form, "name"), search }, { onSuccess: close })
        }
      >
        <TextField
          label={t("words.name")}
          name="name"
          placeholder={t("toolCalls.views.namePlaceholder")}
          required
          autoFocus
          maxLength={100}
          error={fieldProblem(save.error, "name")}
        />
      </Form>
    </Dialog>
  );
}

interface RemoveProps {
  project: string;
  view: SavedView | undefined;
  onClose: () => void;
}

function RemoveDialog({ project, view, onClose }: RemoveProps) {
  const { t } = useTranslation();
  const remove = useRemoveView(project);
  const close = () => {
    remove.reset();
    onClose();
  };
  return (
    <ConfirmDialog
      isOpen={view !== undefined}
      onClose={close}
      title={t("toolCalls.views.removeTitle", { name: view?.name })}
      text={t("toolCalls.views.removeText")}
      confirm={t("toolCalls.views.removeConfirm")}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => view && remove.mutate(view, { onSuccess: close })}
    />
  );
}
