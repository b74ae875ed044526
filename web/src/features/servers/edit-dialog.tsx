import { useTranslation } from "react-i18next";
import type { Server } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { ServerForm } from "./server-form";
import { useUpdateServer } from "./servers";

interface Props {
  project: string;
  server: Server;
  isOpen: boolean;
  onClose: () => void;
  /** The server as it is now; it may have another name. */
  onSaved: (server: Server) => void;
}

export function EditServerDialog({ project, server, isOpen, onClose, onSaved }: Props) {
  const { t } = useTranslation();
  const update = useUpdateServer(project, server);
  const close = () => {
    update.reset();
    onClose();
  };
  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={t("servers.edit.title", { name: server.name })}
      text={t("servers.edit.text")}
    >
      <ServerForm
        project={project}
        server={server}
        submit={t("words.save")}
        isBusy={update.isPending}
        error={update.error}
        onSubmit={(body) =>
          update.mutate(body, {
            onSuccess: (saved) => {
              close();
              onSaved(saved);
            },
          })
        }
        onClose={close}
      />
    </Dialog>
  );
}
