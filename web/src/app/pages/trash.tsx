import { TrashPage } from "@/features/trash/trash-page";

export function Trash() {
  return <TrashPage />;
}
