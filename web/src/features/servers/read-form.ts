import type { CreateServer } from "@/api/types";
import { readArguments, readEnvironment, readHeaders } from "./definition";
import type { Transport, Wrong } from "./reached-by";

/** What is wrong with a form before anybody is asked. */
export interface Refused {
  field: keyof Wrong;
  text: "envWrong" | "headersWrong" | "timeoutWrong" | "maxInFlightWrong";
  line?: number;
}

/** The definition that was typed, or what is wrong with it. */
export function readForm(form: FormData, transport: Transport): { body: CreateServer } | Refused {
  const raw = (name: string) => String(form.get(name) ?? "");
  const text = (name: string) => raw(name).trim();
  const isProgram = transport === "stdio";
  const timeout = readNumber(text("timeout"), 3_600);
  if (timeout === null) return { field: "timeout", text: "timeoutWrong" };
  const maxInFlight = readNumber(text("max_in_flight"), 10_000);
  if (maxInFlight === null) return { field: "maxInFlight", text: "maxInFlightWrong" };

  const pairs = isProgram ? readVariables : readHeaderLines;
  const wrongText = isProgram ? "envWrong" : "headersWrong";
  const openName = isProgram ? "env" : "headers";
  const open = pairs(raw(openName));
  if ("line" in open) return { field: openName, text: wrongText, line: open.line };
  const secrets = pairs(raw("secrets"));
  if ("line" in secrets) return { field: "secrets", text: wrongText, line: secrets.line };

  const removed = form.getAll("removed_secrets").map((name) => [String(name), ""] as const);
  const sealed = { ...Object.fromEntries(removed), ...secrets.values };
  const common = {
    name: text("name"),
    transport,
    isolation: text("isolation") || "auto",
    ...(timeout === undefined ? {} : { timeout_ms: Math.round(timeout * 1_000) }),
    ...(maxInFlight === undefined ? {} : { max_in_flight: Math.round(maxInFlight) }),
    ...(Object.keys(sealed).length > 0 ? { secrets: sealed } : {}),
  };
  if (!isProgram) return { body: { ...common, url: text("url"), headers: open.values } };
  return {
    body: {
      ...common,
      command: text("command"),
      args: readArguments(raw("args")),
      env: open.values,
      cwd: text("cwd") || null,
    },
  };
}

/** Undefined: left empty. Null: none that is allowed. */
function readNumber(text: string, most: number): number | null | undefined {
  if (text === "") return undefined;
  const number = Number(text);
  return number >= 1 && number <= most ? number : null;
}

type Pairs = { values: Record<string, string> } | { line: number };

function readVariables(text: string): Pairs {
  const read = readEnvironment(text);
  return "env" in read ? { values: read.env } : { line: read.wrongLine };
}

function readHeaderLines(text: string): Pairs {
  const read = readHeaders(text);
  return "headers" in read ? { values: read.headers } : { line: read.wrongLine };
}

/** As `readEnvironment` reads it back. */
export function printVariables(env: Record<string, string>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}

/** As `readHeaders` reads them back. */
export function printHeaders(headers: Record<string, string>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}
