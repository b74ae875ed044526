// Shows an OpenAPI document. Everything is set as text, never as HTML.

const METHODS = ["get", "post", "put", "patch", "delete"];

/** How deep schemas are opened: some hold themselves. */
const DEEPEST = 5;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Text whose `words in backticks` are code. */
function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

function paragraphs(text) {
  return (text ?? "").split("\n\n").filter(Boolean).map((part) => element("p", {}, ...prose(part)));
}

class Contract {
  constructor(json) {
    this.json = json;
  }

  /** Follows a `$ref` within the document. */
  open(schema) {
    if (!schema?.$ref) return schema ?? {};
    const target = schema.$ref.slice(2).split("/").reduce((at, key) => at[key], this.json);
    return { ...target, description: schema.description ?? target.description };
  }

  /** A schema that may be null, as the schema itself. */
  present(schema) {
    const opened = this.open(schema);
    const choice = opened.oneOf?.find((one) => one.type !== "null");
    return choice ? this.present(choice) : opened;
  }

  /** All parts of an `allOf` as one object. */
  properties(schema) {
    const parts = [schema, ...(schema.allOf ?? []).map((part) => this.open(part))];
    return parts.reduce((all, part) => ({ ...all, ...part.properties }), {});
  }

  required(schema) {
    return [schema, ...(schema.allOf ?? []).map((part) => this.open(part))].flatMap((part) => part.required ?? []);
  }

  typeName(schema) {
    const opened = this.open(schema);
    if (opened.oneOf) return opened.oneOf.map((one) => this.typeName(one)).join(" or ");
    const types = [opened.type].flat().filter(Boolean);
    const names = types.map((type) => {
      if (type === "array") return `array of ${this.typeName(opened.items)}`;
      return type === "string" && opened.format ? opened.format : type;
    });
    return names.join(" or ") || (opened.allOf ? "object" : "any JSON");
  }

  example(schema, depth = 0) {
    const opened = this.present(schema);
    if (opened.example !== undefined) return opened.example;
    if (opened.examples?.length) return opened.examples[0];
    if (opened.enum) return opened.enum[0];
    const [type] = [opened.type].flat();
    if (type === "array") return depth > DEEPEST ? [] : [this.example(opened.items, depth + 1)];
    if (type === "object" || opened.allOf) {
      const entries = depth > DEEPEST ? [] : Object.entries(this.properties(opened));
      return Object.fromEntries(entries.map(([name, property]) => [name, this.example(property, depth + 1)]));
    }
    if (opened.format === "uuid") return "0192f0c1-7a3b-7c55-9d0e-2f4a6b8c0d1e";
    return { string: "", integer: 0, number: 0, boolean: true }[type] ?? null;
  }

  fields(schema, depth = 0) {
    const opened = this.present(schema);
    const inner = opened.items ? this.present(opened.items) : opened;
    const properties = Object.entries(this.properties(inner));
    if (!properties.length || depth > DEEPEST) return null;
    const required = this.required(inner);
    const rows = properties.map(([name, property]) => {
      const words = this.present(property).enum;
      const nested = this.fields(property, depth + 1);
      return element("tr", {},
        element("td", {}, element("code", {}, name), required.includes(name) ? null : element("span", { class: "faint" }, " optional")),
        element("td", {},
          element("span", { class: "faint" }, this.typeName(property)),
          words ? element("div", {}, ...prose(words.map((word) => `\`${word}\``).join(", "))) : null,
          ...paragraphs(this.open(property).description ?? this.present(property).description),
          nested && element("details", {}, element("summary", {}, "fields"), nested)));
    });
    return element("table", {}, ...rows);
  }
}

function parameters(contract, operation) {
  if (!operation.parameters?.length) return [];
  const rows = operation.parameters.map((parameter) => element("tr", {},
    element("td", {}, element("code", {}, parameter.name), element("span", { class: "faint" }, ` ${parameter.in}`)),
    element("td", {},
      element("span", { class: "faint" }, contract.typeName(parameter.schema)),
      ...paragraphs(parameter.description))));
  return [element("h4", {}, "Parameters"), element("table", {}, ...rows)];
}

function bodyOf(contract, title, content) {
  if (!content) return [];
  const [[kind, { schema }]] = Object.entries(content);
  return [
    element("h4", {}, `${title} · ${kind}`),
    ...[contract.fields(schema)].filter(Boolean),
    element("details", {}, element("summary", {}, "example"),
      element("pre", {}, JSON.stringify(contract.example(schema), null, 2))),
  ];
}

function curl(contract, method, path, operation) {
  const body = operation.requestBody?.content?.["application/json"];
  const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}'${location.origin}${path}'`];
  if (operation.security?.every((one) => Object.keys(one).length) ?? true) {
    lines.push(`-H "Authorization: Bearer $MCPORCH_API_KEY"`);
  }
  if (body) {
    const json = JSON.stringify(contract.example(body.schema)).replaceAll("'", "'\\''");
    lines.push(`-H 'Content-Type: application/json'`, `-d '${json}'`);
  }
  return lines.join(" \\\n  ");
}

function showOperation(contract, method, path, operation) {
  const answers = Object.entries(operation.responses).flatMap(([status, answer]) => {
    const opened = contract.open(answer);
    if (status === "default") {
      // The same for every operation: not opened each time.
      const problem = bodyOf(contract, opened.description, opened.content);
      return [element("details", {}, element("summary", {}, "refusals"), ...problem)];
    }
    const title = `Answers ${status}: ${opened.description}`;
    const shown = bodyOf(contract, title, opened.content);
    return shown.length ? shown : [element("h4", {}, title)];
  });
  return element("section", { id: operation.operationId },
    element("h3", {}, operation.summary),
    element("code", { class: "address" }, element("span", { class: "method" }, method.toUpperCase()), path),
    ...paragraphs(operation.description),
    ...parameters(contract, operation),
    ...bodyOf(contract, "Body", operation.requestBody?.content),
    ...answers,
    element("details", {}, element("summary", {}, "curl"), element("pre", {}, curl(contract, method, path, operation))));
}

function show(contract) {
  const { info, tags = [], paths } = contract.json;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })));
  const contents = [element("strong", {}, "REST API")];
  const shown = [
    element("h1", {}, `${info.title}: REST API`),
    ...paragraphs(info.description),
    element("p", {}, element("a", { href: "/api/openapi.json" }, "OpenAPI document"), " for your tools."),
  ];
  for (const tag of tags) {
    const own = operations.filter(({ operation }) => operation.tags?.includes(tag.name));
    contents.push(element("h2", {}, tag.name), ...own.map(({ operation }) =>
      element("a", { href: `#${operation.operationId}` }, operation.summary)));
    shown.push(...own.map(({ method, path, operation }) => showOperation(contract, method, path, operation)));
  }
  document.getElementById("contents").replaceChildren(...contents);
  document.getElementById("document").replaceChildren(...shown);
  // The address may name an operation that was not there while the page loaded.
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

try {
  const answer = await fetch("/api/openapi.json");
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  show(new Contract(await answer.json()));
} catch (error) {
  document.getElementById("document").replaceChildren(
    element("p", {}, `The document could not be loaded: ${error.message}. Load the page again.`));
}
