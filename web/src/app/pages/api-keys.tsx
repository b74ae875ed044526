import { getRouteApi } from "@tanstack/react-router";
import { ApiKeysPage } from "@/features/api-keys/api-keys-page";

const route = getRouteApi("/inside/projects/$project/api-keys");

export function ApiKeys() {
  const { project } = route.useParams();
  return <ApiKeysPage key={project} project={project} />;
}
