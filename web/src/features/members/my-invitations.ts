import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Invitation } from "@/api/types";

/** What the reader's address is invited to; what accepts it comes with the link alone. */
export const myInvitationsQuery = queryOptions({
  queryKey: ["my-invitations"],
  queryFn: async () => (await unwrap(api.GET("/api/v1/invitations"))).data,
});

export function useAnswerInvitation(token: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (isAccepted: boolean): Promise<Invitation | null> => {
      const params = { path: { token } };
      if (isAccepted) {
        return unwrap(api.POST("/api/v1/invitations/{token}/accept", { params }));
      }
      await unwrap(api.POST("/api/v1/invitations/{token}/decline", { params }));
      return null;
    },
    onSuccess: () => queries.invalidateQueries(),
  });
}
