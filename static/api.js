"use strict";
// Draws /api/openapi.json. Whatever comes from the document becomes text, never markup.

const REFERENCE_DEPTH = 6;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

function resolved(whole, value) {
  if (!value || !value.$ref) return value;
  return value.$ref.slice(2).split("/").reduce((place, name) => place[name], whole);
}

// A schema with its references filled in, as far down as anybody reads.
function unfolded(whole, schema, depth = REFERENCE_DEPTH) {
  if (Array.isArray(schema)) return schema.map((each) => unfolded(whole, each, depth));
  if (schema === null || typeof schema !== "object") return schema;
  if (schema.$ref) return depth ? unfolded(whole, resolved(whole, schema), depth - 1) : schema.$ref.split("/").pop();
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, unfolded(whole, value, depth)]));
}

function block(title, value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return element("details", {}, element("summary", {}, title), element("pre", {}, text));
}

function schemaBlock(whole, title, schema) {
  const made = element("details", {}, element("summary", {}, title));
  const draw = () => made.append(element("pre", {}, JSON.stringify(unfolded(whole, schema), null, 2)));
  made.addEventListener("toggle", draw, { once: true });
  return made;
}

function shape(schema) {
  if (schema.enum) return schema.enum.join(" | ");
  const kinds = (schema.anyOf || [schema]).map((each) => each.format || each.type).filter((kind) => kind && kind !== "null");
  return kinds.join(" | ");
}

function parameterTable(parameters) {
  const row = (parameter) => element("tr", {},
    element("td", {}, element("code", {}, parameter.name), parameter.required ? " *" : ""),
    element("td", {}, parameter.in),
    element("td", {}, shape(parameter.schema || {})),
    element("td", {}, parameter.description || ""));
  const names = ["name", "in", "type", ""].map((name) => element("th", {}, name));
  return element("table", {}, element("thead", {}, element("tr", {}, ...names)), element("tbody", {}, ...parameters.map(row)));
}

function contentBlocks(whole, content) {
  return Object.entries(content || {}).flatMap(([media, each]) => [
    ...Object.entries(each.examples || {}).map(([name, example]) => block(`Example: ${name}`, example.value)),
    each.schema ? schemaBlock(whole, `Schema (${media})`, each.schema) : null,
  ].filter((made) => made !== null));
}

function answerBlock(whole, status, answer) {
  const described = resolved(whole, answer);
  const own = contentBlocks(whole, described.content);
  const headers = Object.keys(described.headers || {});
  return element("div", {},
    element("p", {}, element("strong", {}, status), ` ${described.description || ""}`,
      headers.length ? ` (${headers.join(", ")})` : ""),
    ...own);
}

function operationSection(whole, path, method, operation) {
  const body = operation.requestBody;
  return element("section", { id: operation.operationId },
    element("h2", {}, element("span", { class: `method ${method}` }, method.toUpperCase()), element("span", { class: "path" }, path)),
    element("p", {}, operation.description || operation.summary || ""),
    operation.parameters?.length ? element("h3", {}, "Parameters") : null,
    operation.parameters?.length ? parameterTable(operation.parameters) : null,
    body ? element("h3", {}, "Body") : null,
    ...(body ? contentBlocks(whole, body.content) : []),
    element("h3", {}, "Answers"),
    ...Object.entries(operation.responses).sort().map(([status, answer]) => answerBlock(whole, status, answer)));
}

function listItem(path, method, operation) {
  const label = element("span", { class: `method ${method}` }, method.toUpperCase());
  return element("li", {}, element("a", { href: `#${operation.operationId}` }, label, path));
}

function searching(drawn) {
  const field = document.getElementById("search");
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { text, parts } of drawn) {
      const shown = words.every((word) => text.includes(word));
      for (const part of parts) part.hidden = !shown;
    }
    document.getElementById("none").hidden = drawn.some(({ parts }) => !parts[0].hidden);
  });
}

async function draw() {
  const whole = await (await fetch("/api/openapi.json")).json();
  document.getElementById("lead").textContent = whole.info.description;
  const drawn = [];
  for (const [path, methods] of Object.entries(whole.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const section = operationSection(whole, path, method, operation);
      const item = listItem(path, method, operation);
      document.getElementById("operations").append(section);
      document.getElementById("list").append(item);
      drawn.push({ text: `${method} ${path} ${section.textContent}`.toLowerCase(), parts: [section, item] });
    }
  }
  searching(drawn);
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

draw();
