import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { buttonClass } from "@/ui/button";
import { EmptyState, ProblemView } from "@/ui/states";

export function FailedPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <main className="h-full overflow-y-auto">
      <ProblemView error={error} onRetry={retry} />
    </main>
  );
}

export function LostPage() {
  const { t } = useTranslation();
  return (
    <main>
      <EmptyState title={t("words.problem.lostPageTitle")}>
        <Link to="/projects" className={buttonClass("solid")}>
          {t("words.problem.toStart")}
        </Link>
      </EmptyState>
    </main>
  );
}
