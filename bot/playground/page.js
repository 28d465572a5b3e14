// The page: asks for the state twice a second, draws it, and sends what the person does.
import { drawn } from "./blocks.js";
import { dated, make, written } from "./text.js";

const at = (id) => document.getElementById(id);
const HOME = "home";
let state = null;
let me = new URLSearchParams(location.search).get("user") || sessionStorage.getItem("me") || "";
let room = "";
let form = null;
let busy = false;
const seen = {};

async function ask(path, body) {
  const sent = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(path, sent);
  const json = answer.headers.get("content-type")?.startsWith("application/json");
  return json ? answer.json() : { refused: "Something went wrong; see the program's log." };
}

let hiding = 0;
function toast(sentence) {
  at("toast").textContent = sentence;
  at("toast").hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { at("toast").hidden = true; }, 6000);
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

// What a message's own menu offers: the app's shortcuts. Nobody has them on what only they see.
function shortcuts(one) {
  if (one.whisper || !state.shortcuts.length) return null;
  const choose = (callback_id) => () => act("shortcut", { callback_id, channel: one.channel, ts: one.ts });
  const menu = make("div", { class: "menu", role: "menu", hidden: true },
    ...state.shortcuts.map((each) => make("button", { type: "button", role: "menuitem", "data-shortcut": each.callback_id,
      onclick: choose(each.callback_id) }, each.name)));
  const open = (event) => { event.stopPropagation(); menu.hidden = !menu.hidden; };
  return make("span", { class: "overflow own" },
    make("button", { type: "button", "aria-label": "Message shortcuts", "data-menu": one.ts, onclick: open }, "⋮"), menu);
}

function message(one) {
  const mine = one.user === state.app.id;
  const name = mine ? state.app.name : state.names[one.user] || "Slackbot";
  const place = { channel: one.channel, ts: one.ts };
  const on = surface({ press: pressing(place), scope: one.ts });
  const body = one.blocks.length ? drawn(one.blocks, on) : make("div", {}, written(one.text, on.reader));
  const sent = dated(Number(one.ts), "{time}", on.reader.tz, state.now);
  const files = one.files.map((file) => make("div", { class: "image" }, `📄 ${file.title}`));
  return make("article", { class: one.whisper ? "message whisper" : "message", "data-ts": one.ts },
    make("div", { class: mine ? "avatar app" : "avatar", "aria-hidden": "true" }, name[0]),
    make("div", { class: "body" },
      one.whisper ? make("small", { class: "only" }, "👁 Only visible to you") : null,
      make("div", { class: "by" }, make("b", {}, name), mine ? make("span", { class: "tag" }, "APP") : null,
        make("time", {}, sent), one.edited ? make("small", {}, "(edited)") : null, shortcuts(one)),
      body, ...files));
}

function stream() {
  const here = state.messages.filter((one) => one.channel === room);
  const parents = here.filter((one) => !one.thread_ts || one.thread_ts === one.ts);
  const replies = (ts) => here.filter((one) => one.thread_ts === ts && one.ts !== ts);
  const nodes = parents.flatMap((one) => {
    const below = replies(one.ts);
    return [message(one), below.length ? make("div", { class: "thread" }, ...below.map(message)) : null];
  });
  return nodes.length ? nodes : [make("p", { class: "empty" }, "Nothing here yet.")];
}

function homeTab() {
  if (!state.home) return [make("p", { class: "empty" }, "The app has not published a Home for this person yet.")];
  const on = surface({ press: pressing({}), values: state.home.state.values, scope: "home" });
  return [make("article", { class: "home" }, drawn(state.home.blocks, on))];
}

const dm = () => `D${me.slice(1)}`;
const unread = (id) => state.messages.some((one) => one.channel === id && Number(one.ts) > (seen[me + id] || 0));

function roomLine(id, label, title) {
  const current = room === id;
  return make("button", { class: `room${current ? " current" : ""}${!current && unread(id) ? " unread" : ""}`, "data-room": id,
    title, onclick: () => go(id) }, label);
}

function sidebar() {
  const channels = state.rooms.filter((one) => !one.dm);
  at("rooms").replaceChildren(
    make("h4", {}, "Channels"),
    ...channels.map((one) => roomLine(one.id, `${one.private ? "🔒" : "#"} ${one.name}${one.archived ? " (archived)" : ""}${one.shared ? " ⇄" : ""}`,
      one.shared ? "Shared with another company" : one.name)),
    make("h4", {}, "Apps"), roomLine(dm(), `● ${state.app.name}`, "Direct messages"),
    roomLine(HOME, "⌂ Home", "The app's Home tab"));
  const people = state.users.map((user) => make("option", { value: user.id, selected: user.id === me },
    user.name + (user.is_guest ? " (guest)" : user.team_id ? " (other company)" : "")));
  at("actas").replaceChildren(...people);
}

function modal() {
  const view = state.modal;
  const key = view ? JSON.stringify([me, view.id, view.hash, view.errors]) : null;
  if (key === (form && form.key)) return;
  const veil = at("veil");
  veil.hidden = !view;
  if (!view) { form = null; veil.replaceChildren(); return; }
  const inputs = new Map();
  const values = () => Object.fromEntries([...inputs].map(([block, read]) => [block, read()]));
  const on = surface({ inputs, values: view.state.values, errors: view.errors, scope: view.id });
  on.press = (block, element, value, option) => pressing({}, { values: values() })(block, element, value, option);
  const send = async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    try { await act("submit", { values: values() }); } finally { busy = false; }
  };
  const text = (object, otherwise) => (object ? written(object, on.reader) : otherwise);
  const close = make("button", { type: "button", "data-close": true, onclick: () => act("close", {}) }, text(view.close, "Cancel"));
  const submit = view.submit ? make("button", { class: "primary", "data-submit": true }, text(view.submit)) : null;
  veil.replaceChildren(make("form", { class: "modal", role: "dialog", "aria-modal": "true", novalidate: true, onsubmit: send },
    make("h2", {}, text(view.title)), drawn(view.blocks, on), make("footer", { class: "row end" }, close, submit)));
  form = { key };
  const first = (scope) => veil.querySelector(`${scope} input, ${scope} select, ${scope} textarea`);
  (first(".wrong") || first(".input"))?.focus();
}

function side() {
  at("side").hidden = !state.controls.length;
  const press = (index) => async (event) => {
    event.target.disabled = true;
    try {
      const { said, refused } = await ask("page/control", { index });
      at("said").prepend(make("li", {}, said || refused || ""));
      while (at("said").children.length > 8) at("said").lastChild.remove();
    } finally { event.target.disabled = false; }
    await refresh();
  };
  const labels = state.controls.join("\n");
  if (at("controls").dataset.labels === labels) return;
  at("controls").dataset.labels = labels;
  at("controls").replaceChildren(...state.controls.map((label, index) => make("button", { onclick: press(index) }, label)));
}

function draw() {
  const rooms = [...state.rooms.map((one) => one.id), dm(), HOME];
  if (!rooms.includes(room)) room = rooms[0];
  const last = state.messages.filter((one) => one.channel === room).at(-1);
  if (last) seen[me + room] = Number(last.ts);
  const box = at("stream");
  const bottom = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  sidebar();
  const known = state.rooms.find((one) => one.id === room);
  at("title").textContent = room === HOME ? `${state.app.name} · Home` : room === dm() ? state.app.name : `# ${known.name}`;
  box.replaceChildren(...(room === HOME ? homeTab() : stream()).filter(Boolean));
  if (bottom) box.scrollTop = room === HOME ? 0 : box.scrollHeight;
  at("box").hidden = room === HOME || Boolean(known?.archived);
  side();
  modal();
}

function go(id) {
  room = id;
  at("stream").scrollTop = 1e9;
  if (id === HOME) act("home", {});
  draw();
}

let asking = null;
async function refresh() {
  if (asking) await asking;
  asking = (async () => {
    const next = await ask(`page/state?user=${encodeURIComponent(me)}&since=${encodeURIComponent(state?.version || "")}`);
    if (next.refused) throw new Error(next.refused);
    at("caption").textContent = next.caption;
    if (!next.me) return;
    state = next;
    if (!me) me = next.me;
    draw();
  })().finally(() => { asking = null; });
  return asking;
}

at("actas").addEventListener("change", (event) => {
  me = event.target.value;
  sessionStorage.setItem("me", me);
  form = null;
  refresh();
});
at("box").addEventListener("submit", async (event) => {
  event.preventDefault();
  const line = at("line").value.trim();
  if (!line) return;
  at("line").value = "";
  await act("write", { channel: room, line });
  at("stream").scrollTop = at("stream").scrollHeight;
});
document.addEventListener("click", () => document.querySelectorAll(".menu").forEach((menu) => { menu.hidden = true; }));
setInterval(() => refresh().catch(() => { at("caption").textContent = "The playground has stopped."; }), 500);
refresh();
