import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { serversQuery } from "@/api/servers";
import type { CreateServer, ImportServers, Server, UpdateServer } from "@/api/types";
import type { Config } from "./read-config";

export function serverQuery(project: string, server: string) {
  return queryOptions({
    queryKey: ["server", project, server],
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project}/servers/{server}", {
          params: { path: { project, server } },
        }),
      ),
  });
}

/** How often a page asks how a server stands. */
const STATUS_MS = 5_000;

/** By id: whoever asks right after a new name was given is not told of a server that is not there. */
export function serverStatusQuery(project: string, { id }: Server) {
  return queryOptions({
    queryKey: ["server-status", project, id],
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project}/servers/{server}/status", {
          params: { path: { project, server: id } },
        }),
      ),
    refetchInterval: STATUS_MS,
  });
}

export function serverToolsQuery(project: string, { id }: Server) {
  return queryOptions({
    queryKey: ["server-tools", project, id],
    queryFn: async ({ client }) => {
      try {
        return await unwrap(
          api.GET("/api/v1/projects/{project}/servers/{server}/tools", {
            params: { path: { project, server: id } },
          }),
        );
      } finally {
        // Asking started the server.
        void client.invalidateQueries({ queryKey: ["server-status", project, id] });
      }
    },
    // One that cannot start is not tried again and again.
    retry: false,
  });
}

type Part = "server" | "server-status" | "server-tools";

/** Has what is known of a project's servers read again. */
function useForget(project: string) {
  const queries = useQueryClient();
  return (server?: Server, parts: Part[] = []) =>
    Promise.all([
      queries.invalidateQueries(serversQuery(project)),
      ...parts.map((part) =>
        queries.invalidateQueries({
          queryKey: [part, project, part === "server" ? server?.name : server?.id],
        }),
      ),
    ]);
}

export function useCreateServer(project: string) {
  const forget = useForget(project);
  return useMutation({
    mutationFn: (body: CreateServer) =>
      unwrap(
        api.POST("/api/v1/projects/{project}/servers", { params: { path: { project } }, body }),
      ),
    onSuccess: () => void forget(),
  });
}

/** Changes a definition; what runs is started anew with it. */
export function useUpdateServer(project: string, server: Server) {
  const queries = useQueryClient();
  const forget = useForget(project);
  return useMutation({
    mutationFn: (body: UpdateServer) =>
      unwrap(
        api.PATCH("/api/v1/projects/{project}/servers/{server}", {
          params: { path: { project, server: server.id } },
          body,
        }),
      ),
    onSuccess: (saved) => {
      queries.setQueryData(serverQuery(project, saved.name).queryKey, saved);
      void forget(saved, ["server-status", "server-tools"]);
    },
  });
}

/** Starts a definition, asks what it has, and keeps nothing of it. */
export function useTryServer(project: string) {
  return useMutation({
    mutationFn: (body: CreateServer) =>
      unwrap(
        api.POST("/api/v1/projects/{project}/servers/test", {
          params: { path: { project } },
          body,
        }),
      ),
    // It names secrets.
    gcTime: 0,
  });
}

export function useRestartServer(project: string) {
  const queries = useQueryClient();
  const forget = useForget(project);
  return useMutation({
    mutationFn: (server: Server) =>
      unwrap(
        api.POST("/api/v1/projects/{project}/servers/{server}/restart", {
          params: { path: { project, server: server.id } },
        }),
      ),
    onSuccess: (status, server) => {
      queries.setQueryData(serverStatusQuery(project, server).queryKey, status);
      void forget(server, ["server-tools"]);
    },
  });
}

/** Switches a server on or off; the switch moves at once, and back if it was refused. */
export function useSwitchServer(project: string) {
  const queries = useQueryClient();
  const forget = useForget(project);
  const show = (server: Server, isEnabled: boolean) => {
    const changed = { ...server, is_enabled: isEnabled };
    queries.setQueryData(serversQuery(project).queryKey, (servers) =>
      servers?.map((one) => (one.id === server.id ? changed : one)),
    );
    queries.setQueryData(serverQuery(project, server.name).queryKey, (one) => one && changed);
  };
  return useMutation({
    mutationFn: ({ server, isEnabled }: { server: Server; isEnabled: boolean }) =>
      unwrap(
        api.PATCH("/api/v1/projects/{project}/servers/{server}", {
          params: { path: { project, server: server.id } },
          body: { is_enabled: isEnabled },
        }),
      ),
    onMutate: ({ server, isEnabled }) => show(server, isEnabled),
    onError: (_error, { server }) => show(server, server.is_enabled),
    // A server that is off lists no tools.
    onSettled: (_data, _error, { server, isEnabled }) =>
      void forget(server, [
        "server",
        "server-status",
        ...(isEnabled ? ["server-tools" as const] : []),
      ]),
  });
}

/** Switches a tool on or off for every client. */
export function useSwitchTool(project: string, server: Server) {
  const forget = useForget(project);
  return useMutation({
    mutationFn: ({ tool, isEnabled }: { tool: string; isEnabled: boolean }) =>
      unwrap(
        api.PATCH("/api/v1/projects/{project}/servers/{server}/tools/{tool}", {
          params: { path: { project, server: server.id, tool } },
          body: { is_enabled: isEnabled },
        }),
      ),
    // Until what stands is read again, the switch shows what was asked for.
    onSettled: () => forget(server, ["server"]),
  });
}

export function useDeleteServer(project: string) {
  const forget = useForget(project);
  return useMutation({
    mutationFn: (server: Server) =>
      unwrap(
        api.DELETE("/api/v1/projects/{project}/servers/{server}", {
          params: { path: { project, server: server.id } },
        }),
      ),
    onSuccess: () => void forget(),
  });
}

/** Adds the servers of a client's configuration, or looks what would become of them. */
export function useImport(project: string, what: "preview" | "add") {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (config: Config) =>
      unwrap(
        api.POST("/api/v1/projects/{project}/servers/import", {
          params: { path: { project }, query: what === "preview" ? { dry_run: "true" } : {} },
          // The description says that there are entries, and not which.
          body: config as ImportServers,
        }),
      ),
    onSuccess: () => what === "add" && queries.invalidateQueries(serversQuery(project)),
    // Values that may be secrets stay in no cache.
    gcTime: 0,
  });
}
