import { useQuery } from "@tanstack/react-query";
import { projectQuery } from "./project";
import type { Role } from "./types";

/** What the pages ask a role for; the services decide, this only spares people a refusal. */
export type Action =
  | "call_tools"
  | "write_servers"
  | "write_stdio_servers"
  | "write_own_api_keys"
  | "manage_project";

const DEVELOPER: readonly Action[] = ["call_tools", "write_servers", "write_own_api_keys"];

export function mayDo(role: Role | null | undefined, action: Action): boolean {
  if (role === "owner") return true;
  return role === "developer" && DEVELOPER.includes(action);
}

/** Whether the reader's role in a project includes something; no while it is not known. */
export function useMay(project: string, action: Action): boolean {
  return mayDo(useQuery(projectQuery(project)).data?.role, action);
}
