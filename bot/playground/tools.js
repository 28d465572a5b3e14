// What stands beside the channels: buttons and panels of the embedding program, the traffic, trouble on order.
import { make } from "./text.js";
import { form, table } from "./forms.js";
import { traffic } from "./traffic.js";

const at = (id) => document.getElementById(id);
const WIDE = 1100;

// `on` = {ask, toast, refresh, me()}. Returns {draw(state)}, called with each new state.
export function tools(on) {
  let sheets = [];
  let current = null;
  let known = "";
  let open = null;

  function show(name, focus) {
    current = name;
    for (const sheet of sheets) {
      const here = sheet.name === name;
      sheet.tab.setAttribute("aria-selected", String(here));
      sheet.tab.tabIndex = here ? 0 : -1;
      sheet.box.hidden = !here;
      if (here && focus) sheet.tab.focus();
    }
    sessionStorage.setItem("sheet", name);
    look();
  }

  function step(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const now = sheets.findIndex((sheet) => sheet.name === current);
    show(sheets[(now + by + sheets.length) % sheets.length].name, true);
  }

  function toggle(whether) {
    open = whether;
    sessionStorage.setItem("tools", open ? "open" : "closed");
    at("side").hidden = !open;
    at("tools").setAttribute("aria-expanded", String(open));
    look();
  }

  async function look() {
    const sheet = open && sheets.find((one) => one.name === current);
    if (sheet?.look) await sheet.look().catch(() => {});
  }

  function draw(state) {
    const looks = JSON.stringify([state.controls, state.panels]);
    if (looks === known) return;
    known = looks;
    sheets = [
      ...(state.controls.length ? [controls(state.controls, on)] : []),
      ...state.panels.map((one) => panel(one, on)),
      ...traffic(on),
    ].map((sheet, index) => framed(sheet, index, () => show(sheet.name), step));
    at("tabs").replaceChildren(...sheets.map((sheet) => sheet.tab));
    at("sheets").replaceChildren(...sheets.map((sheet) => sheet.box));
    const last = sessionStorage.getItem("sheet");
    current = sheets.some((sheet) => sheet.name === last) ? last : sheets[0].name;
    if (open === null) {
      const kept = sessionStorage.getItem("tools");
      toggle(kept ? kept === "open" : innerWidth >= WIDE && Boolean(state.controls.length || state.panels.length));
    }
    show(current);
  }

  at("tools").addEventListener("click", () => toggle(!open));
  setInterval(look, 1000);
  return { draw };
}

function framed(sheet, index, choose, step) {
  const ids = { role: "tab", id: `tab-${index}`, "aria-controls": `sheet-${index}`, type: "button", "data-tab": sheet.name };
  const tab = make("button", { ...ids, onclick: choose, onkeydown: step }, sheet.name);
  const box = make("section", { role: "tabpanel", id: `sheet-${index}`, "aria-labelledby": `tab-${index}`, class: "sheet", tabindex: "0", hidden: true },
    ...sheet.nodes);
  return { ...sheet, tab, box };
}

function controls(groups, on) {
  const said = make("ul", { id: "said", "aria-live": "polite" });
  const press = (index) => async (event) => {
    event.target.disabled = true;
    try {
      const answer = await on.ask("page/control", { index });
      said.prepend(make("li", {}, answer.said || answer.refused || ""));
      while (said.children.length > 8) said.lastChild.remove();
    } finally { event.target.disabled = false; event.target.focus(); }
    await on.refresh();
  };
  const names = [...new Set(groups.map((one) => one.group))];
  const group = (name) => make("div", { class: "group" }, name ? make("h3", {}, name) : null,
    ...groups.map((one, index) => (one.group === name ? make("button", { type: "button", onclick: press(index) }, one.label) : null)));
  return { name: "Play", nodes: [make("div", { id: "controls" }, ...names.map(group)), said] };
}

function panel(about, on) {
  const watched = make("div", { class: "watched" });
  const look = async () => {
    const answer = await on.ask(`page/panel?name=${encodeURIComponent(about.name)}`);
    const looks = JSON.stringify(answer.tables);
    if (looks === watched.dataset.looks) return;
    watched.dataset.looks = looks;
    watched.replaceChildren(...answer.tables.map(table));
  };
  const forms = about.forms.map((one) => form(one, async (values) => {
    const told = await on.ask("page/form", { panel: about.name, form: one.title, values });
    if (told.refused) on.toast(told.refused);
    await on.refresh();
    return told;
  }));
  return { name: about.name, nodes: [make("p", { class: "about" }, about.about), ...forms, watched], look: about.watched ? look : null };
}
