// Forms and tables of the embedding program: it says what to ask for and what to show, this draws it.
import { make } from "./text.js";

const NUMBER = /^[+−-]?[\d.,]+$/;

// {caption, columns, rows, empty}
export function table({ caption, columns, rows, empty }) {
  if (!rows.length) return make("div", { class: "table" }, make("p", { class: "caption" }, caption), make("p", { class: "about" }, empty));
  const cell = (text) => make("td", { class: NUMBER.test(text) ? "align-right" : "" }, text);
  return make("div", { class: "table", tabindex: "0", role: "region", "aria-label": caption },
    make("table", {}, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell))))));
}

// Draws a form; `send(values)` gives {sentences, tables, errors}.
export function form({ title, fields, submit }, send) {
  const parts = fields.map(field);
  const told = make("div", { class: "told", "aria-live": "polite" });
  const button = make("button", { class: "primary" }, submit);
  const sent = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const values = {};
      for (const part of parts) values[part.name] = await part.read();
      const answer = await send(values);
      for (const part of parts) part.wrong(answer.errors?.[part.name] || "");
      told.replaceChildren(...(answer.sentences || []).map((words) => make("p", {}, words)), ...(answer.tables || []).map(table));
    } finally { button.disabled = false; }
  };
  return make("form", { class: "ask", novalidate: true, "data-form": title, onsubmit: sent },
    make("h3", {}, title), ...parts.map((part) => part.node), button, told);
}

let numbers = 0;

function field({ name, label, kind, options, value }) {
  const id = `field-${numbers += 1}`;
  const shared = { id, name, "aria-describedby": `${id}-error` };
  const error = make("span", { class: "error", id: `${id}-error`, hidden: true });
  const input = {
    select: () => make("select", shared, ...options.map(([one, words]) => make("option", { value: one, selected: one === value }, words))),
    lines: () => make("textarea", { ...shared, rows: 3 }, value),
    file: () => make("input", { ...shared, type: "file", accept: ".csv,text/csv" }),
    text: () => make("input", { ...shared, value, list: options.length ? `${id}-list` : undefined }),
  }[kind]();
  const list = kind === "text" && options.length
    ? make("datalist", { id: `${id}-list` }, ...options.map(([one, words]) => make("option", { value: one }, words))) : null;
  const node = make("div", { class: kind === "file" ? "asked drop" : "asked", "data-field": name }, make("label", { for: id }, label), input, list, error);
  if (kind === "file") dropped(node, input);
  return {
    name, node,
    read: async () => (kind === "file" ? contents(input.files[0]) : input.value),
    wrong: (words) => { error.textContent = words; error.hidden = !words; node.classList.toggle("wrong", Boolean(words)); },
  };
}

// A file's text; what is not UTF-8 is read as Windows writes it.
async function contents(file) {
  if (!file) return "";
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

// A file may be let go anywhere on the field.
function dropped(node, input) {
  const over = (whether) => (event) => { event.preventDefault(); node.classList.toggle("over", whether); };
  node.addEventListener("dragover", over(true));
  node.addEventListener("dragleave", over(false));
  node.addEventListener("drop", (event) => { over(false)(event); if (event.dataTransfer.files.length) input.files = event.dataTransfer.files; });
}
