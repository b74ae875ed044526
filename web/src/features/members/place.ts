import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { CreatedInvitation, Invitation, Member, Role } from "@/api/types";

/** Where people belong to: a project or a team, by slug. */
export type Place = { project: string } | { team: string };

export function membersQuery(place: Place) {
  return queryOptions({
    queryKey: ["members", place],
    queryFn: async (): Promise<Member[]> => {
      const list =
        "project" in place
          ? api.GET("/api/v1/projects/{project}/members", { params: { path: place } })
          : api.GET("/api/v1/teams/{team}/members", { params: { path: place } });
      return (await unwrap<{ data: Member[] }>(list)).data;
    },
  });
}

export function invitationsQuery(place: Place) {
  return queryOptions({
    queryKey: ["invitations", place],
    queryFn: async (): Promise<Invitation[]> => {
      const list =
        "project" in place
          ? api.GET("/api/v1/projects/{project}/invitations", { params: { path: place } })
          : api.GET("/api/v1/teams/{team}/invitations", { params: { path: place } });
      return (await unwrap<{ data: Invitation[] }>(list)).data;
    },
  });
}

/** What can be done to a member; afterwards the lists are read again. */
export type MemberChange =
  | { kind: "role"; member: Member; role: Role }
  | { kind: "remove"; member: Member }
  | { kind: "transfer"; member: Member }
  | { kind: "leave" };

export function useChangeMember(place: Place) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: MemberChange): Promise<unknown> =>
      unwrap("project" in place ? inProject(place, change) : inTeam(place, change)),
    // One's own role may be another now, and with it everything that one may.
    onSuccess: () => queries.invalidateQueries(),
  });
}

function inProject(path: { project: string }, change: MemberChange) {
  switch (change.kind) {
    case "role":
      return api.PATCH("/api/v1/projects/{project}/members/{user}", {
        params: { path: { ...path, user: change.member.user_id } },
        body: { role: change.role },
      });
    case "remove":
      return api.DELETE("/api/v1/projects/{project}/members/{user}", {
        params: { path: { ...path, user: change.member.user_id } },
      });
    case "transfer":
      return api.POST("/api/v1/projects/{project}/transfer", {
        params: { path },
        body: { user_id: change.member.user_id },
      });
    case "leave":
      return api.POST("/api/v1/projects/{project}/leave", { params: { path } });
  }
}

function inTeam(path: { team: string }, change: MemberChange) {
  switch (change.kind) {
    case "role":
      return api.PATCH("/api/v1/teams/{team}/members/{user}", {
        params: { path: { ...path, user: change.member.user_id } },
        body: { role: change.role },
      });
    case "remove":
      return api.DELETE("/api/v1/teams/{team}/members/{user}", {
        params: { path: { ...path, user: change.member.user_id } },
      });
    case "transfer":
      return api.POST("/api/v1/teams/{team}/transfer", {
        params: { path },
        body: { user_id: change.member.user_id },
      });
    case "leave":
      return api.POST("/api/v1/teams/{team}/leave", { params: { path } });
  }
}

export function useInvite(place: Place) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { email: string; role: string }): Promise<CreatedInvitation> =>
      unwrap<CreatedInvitation>(
        "project" in place
          ? api.POST("/api/v1/projects/{project}/invitations", { params: { path: place }, body })
          : api.POST("/api/v1/teams/{team}/invitations", { params: { path: place }, body }),
      ),
    onSuccess: () => queries.invalidateQueries(invitationsQuery(place)),
    // The link stays in no cache.
    gcTime: 0,
  });
}

/** Makes a new link; the old one is dead. */
export function useResend(place: Place) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Invitation): Promise<CreatedInvitation> =>
      unwrap<CreatedInvitation>(
        "project" in place
          ? api.POST("/api/v1/projects/{project}/invitations/{id}/resend", {
              params: { path: { ...place, id } },
            })
          : api.POST("/api/v1/teams/{team}/invitations/{id}/resend", {
              params: { path: { ...place, id } },
            }),
      ),
    onSuccess: () => queries.invalidateQueries(invitationsQuery(place)),
    gcTime: 0,
  });
}

export function useRevokeInvitation(place: Place) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Invitation): Promise<unknown> =>
      unwrap<unknown>(
        "project" in place
          ? api.DELETE("/api/v1/projects/{project}/invitations/{id}", {
              params: { path: { ...place, id } },
            })
          : api.DELETE("/api/v1/teams/{team}/invitations/{id}", {
              params: { path: { ...place, id } },
            }),
      ),
    onSuccess: () => queries.invalidateQueries(invitationsQuery(place)),
  });
}

/** What an invitation is handed over with. */
export function invitationLink(token: string): string {
  return `${window.location.origin}/invitation?token=${encodeURIComponent(token)}`;
}
