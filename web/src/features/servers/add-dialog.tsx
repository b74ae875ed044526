import { useTranslation } from "react-i18next";
import { Dialog } from "@/ui/dialog";
import { ServerForm } from "./server-form";
import { useCreateServer } from "./servers";

interface Props {
  project: string;
  isOpen: boolean;
  onClose: () => void;
}

export function AddServerDialog({ project, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  const create = useCreateServer(project);
  const close = () => {
    create.reset();
    onClose();
  };
  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={t("servers.form.title")}
      text={t("servers.form.text")}
    >
      <ServerForm
        project={project}
        submit={t("servers.form.submit")}
        isBusy={create.isPending}
        error={create.error}
        onSubmit={(body) => create.mutate(body, { onSuccess: close })}
        onClose={close}
      />
    </Dialog>
  );
}
