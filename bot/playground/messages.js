// Messages and threads. What has not changed is not drawn again: focus, open menus and chosen options stay.
import { drawn, dropdown } from "./blocks.js";
import { dated, make, written } from "./text.js";

const before = new WeakMap();

// Make `box` hold these items, {id, looks, draw, then}, in their order; `looks` is all that the drawing depends on.
export function patch(box, items) {
  const had = before.get(box) || new Map();
  const has = new Map(items.map((item) => [item.id, { looks: item.looks, node: null, item }]));
  for (const [id, entry] of has) {
    const old = had.get(id);
    entry.node = old && old.looks === entry.looks ? old.node : entry.item.draw();
  }
  const kept = new Set([...has.values()].map((entry) => entry.node));
  const focused = box.contains(document.activeElement) ? place(document.activeElement) : null;
  for (const node of [...box.childNodes]) if (!kept.has(node)) node.remove();
  let at = box.firstChild;
  for (const { node, item } of has.values()) {
    if (node === at) at = at.nextSibling;
    else box.insertBefore(node, at);
    item.then?.(node);
  }
  before.set(box, has);
  if (focused && !box.contains(document.activeElement)) found(box, focused)?.focus();
}

// Where a focused button stands, to find its successor after its message was drawn anew.
function place(node) {
  return { ts: node.closest("[data-ts]")?.dataset.ts, action: node.dataset.action || node.dataset.menu };
}

function found(box, { ts, action }) {
  const message = ts ? [...box.querySelectorAll("[data-ts]")].find((one) => one.dataset.ts === ts) : box;
  if (!message) return null;
  const buttons = [...message.querySelectorAll("button, select, a")];
  return buttons.find((one) => (one.dataset.action || one.dataset.menu) === action) || (ts ? buttons[0] : null) || null;
}

const SHOWN = /\.(png|jpe?g|gif)$/i;

// A picture as Slack shows it, anything else as something to save.
function attached(file) {
  const url = `page/file/${encodeURIComponent(file.id)}`;
  const title = file.title || file.name;
  if (!SHOWN.test(file.name)) return make("a", { class: "file", href: url, download: file.name }, "📄 ", title);
  return make("figure", { class: "picture" }, make("figcaption", {}, title),
    make("a", { href: url, target: "_blank", rel: "noopener" }, make("img", { src: url, alt: file.alt_txt || title })));
}

// `on` = {app, names, reader, surface(more), press(place), shortcuts, choose, reply}
export function message(one, on) {
  const mine = one.user === on.app.id;
  const name = mine ? on.app.name : on.names[one.user] || "Slackbot";
  const at = { channel: one.channel, ts: one.ts };
  const surface = on.surface({ press: on.press(at), scope: one.ts });
  const body = one.blocks.length ? drawn(one.blocks, surface) : make("div", {}, written(one.text, on.reader));
  const sent = new Date(Number(one.ts) * 1000).toISOString();
  return make("article", { class: one.whisper ? "message whisper" : "message", "data-ts": one.ts, "aria-label": name },
    make("div", { class: mine ? "avatar app" : "avatar", "aria-hidden": "true" }, [...name][0]),
    make("div", { class: "body" },
      one.whisper ? make("small", { class: "only" }, "👁 Only visible to you") : null,
      make("div", { class: "by" }, make("b", {}, name), mine ? make("span", { class: "tag" }, "APP") : null,
        make("time", { datetime: sent }, dated(Number(one.ts), "{time}", on.reader.tz, on.reader.now)),
        one.edited && !one.blocks.length ? make("small", {}, "(edited)") : null, own(one, on)),
      body, ...one.files.map(attached)));
}

// What a message's own menu offers: a reply, and the app's shortcuts. Nobody has them on what only they see.
function own(one, on) {
  if (one.whisper) return null;
  const items = on.shortcuts.map((each) => make("button", { type: "button", role: "menuitem", tabindex: -1,
    "data-shortcut": each.callback_id, onclick: () => on.choose(each.callback_id, one) }, each.name));
  return make("span", { class: "overflow own" },
    make("button", { type: "button", class: "answer", onclick: () => on.reply(one) }, "Reply"),
    ...(items.length ? dropdown({ "aria-label": "Message shortcuts", "data-menu": one.ts }, "⋮", items) : []));
}

// The items of a conversation: each message, below it its thread, and a line above the first unread one.
export function conversation(messages, on, readUntil) {
  const parents = messages.filter((one) => !one.thread_ts || one.thread_ts === one.ts);
  const below = Map.groupBy ? Map.groupBy(messages, (one) => one.thread_ts) : grouped(messages);
  const item = (one) => ({ id: `m${one.ts}${one.whisper}`, looks: on.looks + JSON.stringify(one), draw: () => shown(one, on) });
  const fresh = readUntil && parents.find((one) => Number(one.ts) > readUntil && one.user !== on.me);
  return parents.flatMap((one) => {
    const replies = (below.get(one.ts) || []).filter((each) => each.ts !== one.ts);
    const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
    return [
      one === fresh ? { id: "new", looks: one.ts, draw: () => make("div", { class: "new" }, make("span", {}, "New")) } : null,
      item(one),
      replies.length ? { id: `t${one.ts}`, looks: "", draw: () => make("div", { class: "thread", role: "group" }),
        then: (node) => { node.setAttribute("aria-label", count); patch(node, replies.map(item)); } } : null,
    ].filter(Boolean);
  });
}

// One message that cannot be drawn does not take the others with it.
function shown(one, on) {
  try {
    return message(one, on);
  } catch (wrong) {
    console.error("a message cannot be drawn", one, wrong);
    return make("article", { class: "message", "data-ts": one.ts }, make("p", { class: "empty" }, "This message cannot be drawn; the browser's console says why."));
  }
}

function grouped(messages) {
  const groups = new Map();
  for (const one of messages) groups.set(one.thread_ts, [...(groups.get(one.thread_ts) || []), one]);
  return groups;
}
