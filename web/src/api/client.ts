import createClient from "openapi-fetch";
import { Problem } from "./problem";
import type { paths } from "./schema";

/** Calls the REST API with the types of its own description. */
export const api = createClient<paths>({
  // Looked up at each call, so that a test may put its own in place.
  fetch: (request) => globalThis.fetch(request),
  querySerializer: { array: { style: "form", explode: true } },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer; anything but success is thrown as a `Problem`. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw Problem.unreachable();
  });
  if (!response.ok) throw Problem.of(response, error);
  return data as T;
}
