/** What an answer of `application/problem+json` (RFC 9457) says. */
export interface ProblemDetails {
  status: number;
  code: string;
  title: string;
  detail: string;
  requestId: string | undefined;
  fields: { pointer: string; detail: string }[];
}

/** A request that was refused, or that found nobody to answer it. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(readonly details: ProblemDetails) {
    super(details.detail || details.title);
  }

  get status(): number {
    return this.details.status;
  }

  /** What is wrong with one field of the body that was sent. */
  field(name: string): string | undefined {
    return this.details.fields.find((one) => one.pointer.replace(/^[#/]+/, "") === name)?.detail;
  }

  /** Whether asking again may help: nobody answered, or the server was at fault. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  static async from(response: Response): Promise<Problem> {
    const body: unknown = await response.json().catch(() => null);
    return Problem.of(response, body);
  }

  static of(response: Response, body: unknown): Problem {
    const said = isRecord(body) ? body : {};
    return new Problem({
      status: response.status,
      code: text(said.code) ?? `http_${response.status}`,
      title: text(said.title) ?? response.statusText,
      detail: text(said.detail) ?? "",
      requestId: text(said.request_id) ?? response.headers.get("x-request-id") ?? undefined,
      fields: fields(said.errors),
    });
  }

  /** The network, or the gateway itself, is gone. */
  static unreachable(): Problem {
    return new Problem({
      status: 0,
      code: "unreachable",
      title: "",
      detail: "",
      requestId: undefined,
      fields: [],
    });
  }
}

function fields(errors: unknown): ProblemDetails["fields"] {
  if (!Array.isArray(errors)) return [];
  return errors.filter(isRecord).map((error) => ({
    pointer: text(error.pointer) ?? "",
    detail: text(error.detail) ?? "",
  }));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
