// Blocks as DOM nodes. `act` = {press(block, element, value, option), reader, people, inputs}.
import { make, unescaped, written } from "./text.js";
import { field } from "./fields.js";

// A picture that was uploaded here is shown; one of the outside is told by its words, since the page works offline.
function image(part) {
  const file = part.slack_file?.id;
  if (file) return make("img", { class: "shown", src: `page/file/${encodeURIComponent(file)}`, alt: part.alt_text });
  return make("div", { class: "image", role: "img", "aria-label": part.alt_text }, "🖼 ", part.alt_text);
}

function asked(confirm, reader) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const done = (answer) => () => { resolve(answer); box.close(); };
    const box = make("dialog", { class: "confirm", onclose: () => { box.remove(); resolve(false); } },
      make("h3", {}, written(confirm.title, reader)),
      make("p", {}, written(confirm.text, reader)),
      make("div", { class: "row end" },
        make("button", { onclick: done(false) }, written(confirm.deny, reader)),
        make("button", { class: confirm.style || "primary", onclick: done(true) }, written(confirm.confirm, reader))));
    document.body.append(box);
    box.showModal();
  });
}

function button(block, element, act) {
  const pressed = async (event) => {
    event.preventDefault();
    if (!(await asked(element.confirm, act.reader))) return;
    if (element.url) window.open(element.url, "_blank", "noopener");
    await act.press(block, element, element.value);
  };
  const label = { class: element.style || "", "aria-label": element.accessibility_label, type: "button" };
  return make("button", { ...label, "data-action": element.action_id, onclick: pressed }, written(element.text, act.reader));
}

// A button and what it opens: the arrows go from item to item, Escape leads back to the button.
export function dropdown(attributes, sign, items) {
  const menu = make("div", { class: "menu", role: "menu", hidden: true }, ...items);
  const show = (whether) => {
    if (whether) document.querySelectorAll(".menu").forEach((other) => { other.hidden = true; });
    menu.hidden = !whether;
    button.setAttribute("aria-expanded", String(whether));
    if (whether) items[0]?.focus();
  };
  const button = make("button", { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", ...attributes,
    onclick: (event) => { event.stopPropagation(); show(menu.hidden); } }, sign);
  menu.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      items[(items.indexOf(document.activeElement) + by + items.length) % items.length].focus();
    } else if (event.key === "Escape") {
      event.preventDefault(); // it closes the menu, not the modal around it
      event.stopPropagation();
      show(false);
      button.focus();
    }
  });
  menu.addEventListener("click", () => { show(false); button.focus(); });
  return [button, menu];
}

function overflow(block, element, act) {
  const choose = (option) => async () => {
    if (option.url) window.open(option.url, "_blank", "noopener");
    if (await asked(element.confirm, act.reader)) await act.press(block, element, undefined, option.value);
  };
  const items = element.options.map((option) => make("button", { type: "button", role: "menuitem", tabindex: -1, onclick: choose(option) },
    written(option.text, act.reader)));
  return make("span", { class: "overflow" },
    ...dropdown({ "aria-label": "More actions", "data-action": element.action_id }, "⋯", items));
}

export function element(block, part, act) {
  if (part.type === "button") return button(block, part, act);
  if (part.type === "overflow") return overflow(block, part, act);
  if (part.type === "image") return image(part);
  if (part.type === "mrkdwn" || part.type === "plain_text") return make("span", {}, written(part, act.reader));
  return field(block, part, act, (option) => act.press(block, part, undefined, option));
}

const token = (text, act) => written({ type: "mrkdwn", text }, act.reader);
const linked = (url) => (/^(https?|mailto|tel):/.test(url) ? { href: url, target: "_blank", rel: "noopener noreferrer" } : {});

const inlines = {
  text: (part) => part.text, link: (part) => make("a", linked(part.url), part.text || part.url),
  emoji: (part, act) => token(`:${part.name}:`, act), user: (part, act) => token(`<@${part.user_id}>`, act),
  broadcast: (part, act) => token(`<!${part.range}>`, act), channel: (part, act) => token(`<#${part.channel_id}>`, act),
  date: (part, act) => token(`<!date^${part.timestamp}^${part.format}|${part.fallback || ""}>`, act),
};

function inline(part, act) {
  const style = part.style || {};
  let node = make("span", {}, (inlines[part.type] || (() => ""))(part, act));
  for (const [name, tag] of [["bold", "b"], ["italic", "i"], ["strike", "s"], ["code", "code"]]) {
    if (style[name]) node = make(tag, {}, node);
  }
  return node;
}

function rich(part, act) {
  const inner = (one) => one.elements.map((child) => inline(child, act));
  if (part.type === "rich_text_list") {
    return make(part.style === "ordered" ? "ol" : "ul", {}, ...part.elements.map((item) => make("li", {}, ...inner(item))));
  }
  const tag = { rich_text_preformatted: "pre", rich_text_quote: "blockquote" }[part.type] || "div";
  return make(tag, {}, ...inner(part));
}

function cell(value, act) {
  if (value.type === "rich_text") return value.elements.map((part) => rich(part, act));
  return [unescaped(value.text ?? String(value.value ?? ""))];
}

function table(block, act) {
  const aligned = (at) => `align-${(block.column_settings || [])[at]?.align || "left"}`;
  const rows = block.rows.map((cells, row) => make("tr", {}, ...cells.map((value, at) =>
    make(row ? "td" : "th", { class: aligned(at) }, ...cell(value, act)))));
  return make("div", { class: "table" },
    make("table", {}, block.caption ? make("caption", {}, block.caption) : null, ...rows));
}

function chart(block) {
  const groups = block.chart.segments ? [{ name: "", data: block.chart.segments }] : block.chart.series;
  const most = Math.max(...groups.flatMap((group) => group.data.map((point) => Math.abs(point.value))), 1);
  const bar = (group, point) => {
    const fill = make("progress", { max: most, value: Math.abs(point.value) });
    return make("div", { class: "bar" }, make("span", {}, [point.label, group.name].filter(Boolean).join(" · ")), fill,
      make("b", {}, String(point.value)));
  };
  return make("figure", { class: "chart" }, make("figcaption", {}, block.title),
    ...groups.flatMap((group) => group.data.map((point) => bar(group, point))));
}

function section(block, act) {
  const words = make("div", { class: "words" }, block.text ? make("div", {}, written(block.text, act.reader)) : null);
  if (block.fields) {
    words.append(make("div", { class: "fields" }, ...block.fields.map((one) => make("div", {}, written(one, act.reader)))));
  }
  const side = block.accessory ? make("div", { class: "accessory" }, element(block, block.accessory, act)) : null;
  return make("div", { class: "section" }, words, side);
}

function input(block, act) {
  const error = act.errors?.[block.block_id];
  const label = make("span", { class: "label" }, written(block.label, act.reader),
    block.optional ? make("small", {}, " (optional)") : null);
  const send = block.dispatch_action ? (option) => act.press(block, block.element, undefined, option) : () => {};
  const single = !["radio_buttons", "checkboxes"].includes(block.element.type);
  return make(single ? "label" : "fieldset", { class: `input${error ? " wrong" : ""}`, "data-block": block.block_id },
    single ? label : make("legend", {}, label), field(block, block.element, act, send),
    block.hint ? make("small", { class: "hint" }, written(block.hint, act.reader)) : null,
    error ? make("span", { class: "error", role: "alert" }, error) : null);
}

const DRAW = {
  section, table, data_table: table, data_visualization: chart, input,
  header: (block, act) => make("h3", { class: "header" }, written(block.text, act.reader)),
  divider: () => make("hr"),
  context: (block, act) => make("div", { class: "context" }, ...block.elements.map((one) => element(block, one, act))),
  actions: (block, act) => make("div", { class: "row" }, ...block.elements.map((one) => element(block, one, act))),
  image: (block, act) => make("figure", { class: "picture" },
    block.title ? make("figcaption", {}, written(block.title, act.reader)) : null, image(block)),
  markdown: (block, act) => make("div", {}, written({ type: "plain_text", text: block.text }, act.reader)),
  rich_text: (block, act) => make("div", {}, ...block.elements.map((part) => rich(part, act))),
  alert: (block, act) => make("div", { class: `alert ${block.level || "default"}` }, written(block.text, act.reader)),
  card: (block, act) => make("div", { class: "card" }, block.title ? make("b", {}, written(block.title, act.reader)) : null,
    block.subtitle ? make("div", { class: "context" }, written(block.subtitle, act.reader)) : null,
    block.body ? make("div", {}, written(block.body, act.reader)) : null,
    make("div", { class: "row" }, ...(block.actions || []).map((one) => element(block, one, act)))),
};

export const drawn = (blocks, act) =>
  make("div", { class: "blocks" }, ...blocks.map((block) => (DRAW[block.type] || (() => null))(block, act)));
