import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Choice } from "@/ui/choice";
import type { ActivityFilter, Feed } from "./activities";
import { GROUP_OF, type Group, typesOf } from "./types";

/** Somebody who may have done something. */
export interface Person {
  id: string;
  name: string;
}

interface Props {
  feed: Feed;
  filter: ActivityFilter;
  people: Person[];
  onFilter: (filter: ActivityFilter) => void;
}

const OF_PROJECT: Group[] = ["project", "team", "members", "invitations", "apiKeys", "servers"];
const OF_TEAM: Group[] = ["team", "members", "invitations"];

export function ActivityFilters({ feed, filter, people, onFilter }: Props) {
  const { t } = useTranslation();
  const isProject = feed !== "deployment" && "project" in feed;
  const set = (name: keyof ActivityFilter, value: string) => {
    const { [name]: _, ...rest } = filter;
    onFilter(value === "" ? rest : { ...rest, [name]: value });
  };
  const isKnown = people.some(({ id }) => id === filter.who);
  return (
    <fieldset className="flex flex-wrap items-center gap-2">
      <legend className="sr-only">{t("activity.filters.label")}</legend>
      <Choice
        label={t("activity.filters.what")}
        value={filter.what ?? ""}
        onChange={(what) => set("what", what)}
      >
        <option value="">{t("activity.filters.everything")}</option>
        {groupsOf(feed).map((group) => (
          <TypeOptions key={group} group={group} isProject={isProject} />
        ))}
      </Choice>
      <Choice
        label={t("activity.filters.who")}
        value={filter.who ?? ""}
        onChange={(who) => set("who", who)}
      >
        <option value="">{t("activity.filters.everybody")}</option>
        {filter.who && !isKnown && (
          <option value={filter.who}>{t("activity.filters.somebody")}</option>
        )}
        {people.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Choice>
      {(["from", "to"] as const).map((name) => (
        <label key={name} className="flex items-center gap-1.5 text-muted text-xs">
          {t(`activity.filters.${name}`)}
          <input
            type="date"
            value={filter[name] ?? ""}
            onChange={(event) => set(name, event.target.value)}
            className="h-7 rounded-md border border-border bg-raised px-2 text-text hover:border-border-strong"
          />
        </label>
      ))}
      {Object.keys(filter).length > 0 && (
        <Button look="bare" onClick={() => onFilter({})}>
          {t("activity.clear")}
        </Button>
      )}
    </fieldset>
  );
}

function groupsOf(feed: Feed): Group[] {
  if (feed === "deployment") return [...new Set(Object.values(GROUP_OF))];
  return "project" in feed ? OF_PROJECT : OF_TEAM;
}

function TypeOptions({ group, isProject }: { group: Group; isProject: boolean }) {
  const { t } = useTranslation();
  const name = t(`activity.groups.${group}`);
  return (
    <optgroup label={name}>
      <option value={group}>{t("activity.filters.allOf", { group: name })}</option>
      {typesOf(group, isProject).map((type) => (
        <option key={type} value={type}>
          {t(`activity.names.${type}`)}
        </option>
      ))}
    </optgroup>
  );
}
