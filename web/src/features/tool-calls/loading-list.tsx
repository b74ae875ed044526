import { SkeletonRows } from "@/ui/states";
import { Head } from "./call-list";
import { ROW_HEIGHT } from "./call-row";

export function LoadingList() {
  return (
    <div className="call-list overflow-hidden">
      <div aria-hidden>
        <Head />
      </div>
      <SkeletonRows count={24} height={ROW_HEIGHT} />
    </div>
  );
}
