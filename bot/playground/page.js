// The page: asks for the state twice a second, draws it, and sends what the person does.
import { drawn } from "./blocks.js";
import { completing } from "./commands.js";
import { conversation, patch } from "./messages.js";
import { modal } from "./modal.js";
import { make, written } from "./text.js";
import { tools } from "./tools.js";

const at = (id) => document.getElementById(id);
const HOME = "home";
let state = null;
const wanted = new URLSearchParams(location.search);
let me = wanted.get("user") || sessionStorage.getItem("me") || "";
let room = wanted.get("room") || "";
let pointed = wanted.get("message"); // "p1700000000000100", as permalinks write it
let readUntil = 0;
let replyTo = null;
let entered = true; // the room was entered just now: one begins at its end, at Home at its top
let reveal = true; // the chosen room's button, where the rooms are pushed sideways
const seen = JSON.parse(sessionStorage.getItem("seen") || "{}");

async function ask(path, body) {
  const sent = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(path, sent);
  const json = answer.headers.get("content-type")?.startsWith("application/json");
  return json ? answer.json() : { refused: "Something went wrong; see the program's log." };
}

let hiding = 0;
function toast(sentence) {
  const box = at("toast");
  if (box.matches(":popover-open")) box.hidePopover(); // shown again, it is above a modal that came meanwhile
  box.textContent = sentence;
  box.showPopover();
  clearTimeout(hiding);
  hiding = setTimeout(() => box.hidePopover(), 6000);
}

const SENTENCES = {
  operation_timeout: "The app did not answer within 3 seconds.",
  dispatch_failed: "The app could not be reached.",
  http_service_error: "The app answered with an error.",
  http_client_error: "The app refused the request.",
  invalid_response: "We had some trouble connecting. Try again?",
};

async function act(path, body) {
  const answer = await ask(`page/${path}`, { user: me, ...body });
  if (answer.refused) toast(answer.refused);
  else if (answer.error && answer.error !== "not_sent") toast(SENTENCES[answer.error] || answer.error);
  await refresh();
  return answer;
}

const reader = () => ({ names: state.names, tz: state.users.find((user) => user.id === me)?.tz || "UTC", now: state.now });
const surface = (more) => ({ reader: reader(), people: state.users, rooms: state.rooms.filter((one) => !one.dm), ...more });

function pressing(place, more = {}) {
  return (block, element, value, option) =>
    act("press", { action_id: element.action_id, block_id: block.block_id, value, option, ...place, ...more });
}

function drawing() {
  const now = reader();
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: now.tz }).format(new Date(now.now * 1000));
  return {
    me, app: state.app, names: state.names, reader: now, surface, press: pressing, shortcuts: state.shortcuts,
    looks: JSON.stringify([me, day, state.names, state.shortcuts]), reply: replying,
    choose: (callback_id, one) => act("shortcut", { callback_id, channel: one.channel, ts: one.ts }),
  };
}

function stream() {
  const here = state.messages.filter((one) => one.channel === room);
  const items = conversation(here, drawing(), readUntil);
  return items.length ? items : [{ id: "empty", looks: "", draw: () => make("p", { class: "empty" }, "Nothing here yet.") }];
}

function homeTab() {
  const nothing = () => make("p", { class: "empty" }, "The app has not published a Home for this person yet.");
  if (!state.home) return [{ id: "nothing", looks: "", draw: nothing }];
  const on = surface({ press: pressing({}), values: state.home.state.values, scope: "home" });
  const looks = drawing().looks + JSON.stringify([state.home.blocks, state.home.state.values]);
  return [{ id: HOME, looks, draw: () => make("article", { class: "home", "data-ts": HOME }, drawn(state.home.blocks, on)) }];
}

const dm = () => `D${me.slice(1)}`;
const fresh = (id) => state.messages.filter((one) => one.channel === id && one.user !== me && Number(one.ts) > (seen[me + id] || 0));

function roomLine(id, sign, name, title) {
  const current = room === id;
  const unread = current ? [] : fresh(id);
  const calls = unread.filter((one) => id === dm() || JSON.stringify([one.text, one.blocks]).includes(`<@${me}>`)).length;
  const label = `${name}${unread.length ? `, ${unread.length} unread` : ""}`;
  return {
    id, looks: JSON.stringify([sign, name, current, unread.length, calls, me]),
    draw: () => make("button", { class: `room${current ? " current" : ""}${unread.length ? " unread" : ""}`, "data-room": id,
      "data-action": id, title, "aria-label": label, "aria-current": current ? "true" : null, onclick: () => go(id) },
    make("span", { "aria-hidden": "true" }, sign), " ", name, calls ? make("span", { class: "badge" }, String(calls)) : null),
  };
}

function sidebar() {
  const heading = (words) => ({ id: words, looks: words, draw: () => make("h3", {}, words) });
  patch(at("rooms"), [
    heading("Channels"),
    ...state.rooms.filter((one) => !one.dm).map((one) => roomLine(one.id, one.private ? "🔒" : "#",
      `${one.name}${one.archived ? " (archived)" : ""}${one.shared ? " ⇄" : ""}`, one.shared ? "Shared with another company" : one.name)),
    heading("Apps"), roomLine(dm(), "●", state.app.name, "Direct messages"), roomLine(HOME, "⌂", "Home", "The app's Home tab")]);
  const people = state.users.map((user) => [user.id, user.name + (user.is_guest ? " (guest)" : user.team_id ? " (other company)" : "")]);
  patch(at("actas"), people.map(([id, name]) => ({ id, looks: name, draw: () => make("option", { value: id }, name) })));
  at("actas").value = me;
  const next = people[(people.findIndex(([id]) => id === me) + 1) % people.length];
  at("another").href = `?user=${next[0]}`;
  at("another").textContent = `Open a window for ${next[1]}`;
}

// Screen readers hear what came, not the whole conversation again.
let heard = null;
function tellNews() {
  const here = new Map(state.messages.filter((one) => one.channel === room).map((one) => [one.ts, one.text]));
  if (heard && heard.me === me && heard.room === room) {
    const came = [...here].filter(([ts, text]) => heard.here.get(ts) !== text).map(([, text]) => text);
    if (came.length) at("news").replaceChildren(written(came.slice(-3).join(". "), reader()));
  }
  heard = { me, room, here };
}

function draw() {
  const rooms = [...state.rooms.map((one) => one.id), dm(), HOME];
  if (!rooms.includes(room)) room = rooms[0];
  const box = at("stream");
  const bottom = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const last = state.messages.filter((one) => one.channel === room).at(-1);
  if (last) {
    seen[me + room] = Number(last.ts);
    sessionStorage.setItem("seen", JSON.stringify(seen));
  }
  sidebar();
  if (reveal) at("rooms").querySelector(".current")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  reveal = false;
  const known = state.rooms.find((one) => one.id === room);
  at("title").textContent = room === HOME ? `${state.app.name} · Home` : room === dm() ? state.app.name : `# ${known.name}`;
  patch(box, room === HOME ? homeTab() : stream());
  if (entered && room === HOME) box.scrollTop = 0;
  else if (room !== HOME && (bottom || entered)) box.scrollTop = box.scrollHeight;
  entered = false;
  pointOut();
  at("box").hidden = room === HOME || Boolean(known?.archived);
  modal(state.modal, { me, surface, press: pressing, act, reader: reader() });
  side.draw(state);
  tellNews();
}

function replying(one) {
  replyTo = one;
  const stop = make("button", { type: "button", onclick: () => replying(null) }, "Write to the channel instead");
  at("replying").hidden = !one;
  at("replying").replaceChildren(...(one ? ["Your reply goes into the thread of this message. ", stop] : []));
  if (one) at("line").focus();
}

function go(id) {
  readUntil = seen[me + id] || 0;
  room = id;
  entered = true;
  replying(null);
  reveal = true;
  if (id === HOME) act("home", {});
  draw();
}

// Brings the message that a link was about into view.
function pointOut() {
  if (!pointed) return;
  const found = [...at("stream").querySelectorAll("[data-ts]")].find((one) => `p${one.dataset.ts.replace(".", "")}` === pointed);
  pointed = null;
  if (!found) return;
  found.scrollIntoView({ block: "center" });
  found.classList.add("pointed");
  found.tabIndex = -1;
  found.focus({ preventScroll: true });
}

// A link to a message of this workspace stays in this window, and with this person.
function followed(event) {
  const link = event.target.closest?.("a[href]");
  const parts = link && new URL(link.href).origin === location.origin && new URL(link.href).pathname.split("/");
  if (!parts || parts[1] !== "archives") return;
  event.preventDefault();
  pointed = parts[3];
  go(parts[2]);
}

let asking = null;
async function refresh() {
  if (asking) await asking;
  asking = (async () => {
    const asked = me;
    const next = await ask(`page/state?user=${encodeURIComponent(me)}&since=${encodeURIComponent(state?.version || "")}`);
    if (next.refused) throw new Error(next.refused);
    at("caption").textContent = next.caption;
    if (!next.me || asked !== me) return;
    state = next;
    me = next.me;
    draw();
  })().finally(() => { asking = null; });
  return asking;
}

const side = tools({ ask, toast, refresh, me: () => me });
const { close } = completing(() => state?.commands || []);
at("actas").addEventListener("change", (event) => {
  me = event.target.value;
  sessionStorage.setItem("me", me);
  readUntil = 0;
  replying(null);
  refresh();
});
at("box").addEventListener("submit", async (event) => {
  event.preventDefault();
  const line = at("line").value.trim();
  if (!line) return;
  at("line").value = "";
  close();
  const thread_ts = replyTo && !line.startsWith("/") ? replyTo.thread_ts || replyTo.ts : undefined;
  replying(null);
  await act("write", { channel: room, line, thread_ts });
  if (!thread_ts) at("stream").scrollTop = at("stream").scrollHeight;
});
document.addEventListener("click", () => document.querySelectorAll(".menu:not([hidden])").forEach((menu) => {
  menu.hidden = true;
  menu.previousElementSibling?.setAttribute("aria-expanded", "false");
}));
document.addEventListener("click", followed);
setInterval(() => refresh().catch(() => { at("caption").textContent = "The playground has stopped."; }), 500);
refresh();
