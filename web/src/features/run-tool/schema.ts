import { ExactNumber, type Json, parseJson, printJson } from "@/lib/json";

export type FieldKind = "text" | "number" | "boolean" | "choice" | "json";

/** One argument of a tool, as a form asks for it. */
export interface SchemaField {
  name: string;
  title: string;
  description: string | undefined;
  kind: FieldKind;
  isRequired: boolean;
  /** Of a choice; each as JSON. */
  choices: string[];
  /** What stands there at first. */
  initial: string;
  example: string | undefined;
}

type Schema = Record<string, Json>;

/** The arguments that a JSON schema describes; what a form cannot ask for is asked for as JSON. */
export function fieldsOf(schema: Json | undefined): SchemaField[] {
  const { properties, required } = asObject(schema);
  const names = Array.isArray(required) ? required : [];
  const fields = Object.entries(asObject(properties)).map(([name, property]) =>
    fieldOf(name, asObject(property), names.includes(name)),
  );
  return fields.sort((one, other) => Number(other.isRequired) - Number(one.isRequired));
}

function fieldOf(name: string, property: Schema, isRequired: boolean): SchemaField {
  const choices = choicesOf(property);
  const kind = choices.length > 0 ? "choice" : kindOf(property);
  const [example] = Array.isArray(property.examples) ? property.examples : [];
  return {
    name,
    title: textOr(property.title, name),
    description: textOr(property.description, undefined),
    kind,
    isRequired,
    choices,
    initial: property.default === undefined ? "" : asTyped(kind, property.default),
    example: example === undefined ? undefined : asTyped(kind, example),
  };
}

function choicesOf(property: Schema): string[] {
  const { enum: values, const: only } = property;
  if (Array.isArray(values)) return values.map((value) => printJson(value));
  return only === undefined ? [] : [printJson(only)];
}

function kindOf({ type }: Schema): FieldKind {
  // `["string", "null"]`: leaving it out says the same as null.
  const types = (Array.isArray(type) ? type : [type]).filter((one) => one !== "null");
  const [only] = types;
  if (types.length !== 1) return "json";
  if (only === "string") return "text";
  if (only === "number" || only === "integer") return "number";
  return only === "boolean" ? "boolean" : "json";
}

/** A value as it is typed into a field of a kind. */
export function asTyped(kind: FieldKind, value: Json): string {
  return kind === "text" && typeof value === "string" ? value : printJson(value);
}

export type Typed = { value: Json | undefined } | { isWrong: true };

/** What was typed, as the argument that it is; nothing typed leaves an optional one out. */
export function readTyped({ kind, isRequired }: SchemaField, text: string): Typed {
  if (kind === "text") return { value: text === "" && !isRequired ? undefined : text };
  if (text.trim() === "") return isRequired ? { isWrong: true } : { value: undefined };
  try {
    const value = parseJson(text) as Json;
    const isNumber = typeof value === "number" || value instanceof ExactNumber;
    return kind === "number" && !isNumber ? { isWrong: true } : { value };
  } catch {
    return { isWrong: true };
  }
}

/** The whole arguments as JSON text; nothing where they are no JSON object. */
export function readArguments(text: string): Record<string, Json> | undefined {
  try {
    const value = parseJson(text.trim() === "" ? "{}" : text) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function asObject(value: Json | undefined): Schema {
  return value !== undefined && isObject(value) ? value : {};
}

function isObject(value: Json): value is Record<string, Json> {
  const isPlain = typeof value === "object" && value !== null && !Array.isArray(value);
  return isPlain && !(value instanceof ExactNumber);
}

function textOr<T>(value: Json | undefined, otherwise: T): string | T {
  return typeof value === "string" && value !== "" ? value : otherwise;
}
