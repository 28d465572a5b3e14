// The modal in front of the person: a dialog that keeps the keyboard inside, and closes by Escape as Slack's does.
import { drawn } from "./blocks.js";
import { make, written } from "./text.js";

let shown = null;
let busy = false;

// `on` = {me, surface(more), press(place, more), act(path, body), reader}; `view` null closes it.
export function modal(view, on) {
  const key = view ? JSON.stringify([on.me, view.id, view.hash, view.errors]) : null;
  if (key === (shown && shown.key)) return;
  const back = shown ? shown.back : document.activeElement;
  const typed = shown && view && shown.id === view.id && shown.me === on.me ? shown.values() : {};
  const at = shown?.box.contains(document.activeElement) ? document.activeElement.closest("[data-block]")?.dataset.block : null;
  shown?.box.close();
  shown?.box.remove();
  shown = null;
  if (!view) { if (back?.isConnected) back.focus(); return; }
  const box = make("dialog", { class: "veil", "aria-labelledby": "modal-title", oncancel: (event) => { event.preventDefault(); on.act("close", {}); } });
  const [drawing, values] = form(view, on, typed);
  box.append(drawing);
  document.body.append(box);
  box.showModal();
  shown = { key, box, back, values, id: view.id, me: on.me };
  const same = at && box.querySelector(`[data-block="${CSS.escape(at)}"] :is(input, select, textarea)`);
  const first = (scope) => box.querySelector(`${scope} input, ${scope} select, ${scope} textarea`);
  (first(".wrong") || same || first(".input") || box.querySelector("[data-submit], [data-close]"))?.focus();
}

// What is typed and not sent yet stays where the app shows the same form anew.
function form(view, on, typed) {
  const inputs = new Map();
  const values = () => Object.fromEntries([...inputs].map(([block, read]) => [block, read()]));
  const surface = on.surface({ inputs, typed, values: view.state.values, errors: view.errors, scope: view.id });
  surface.press = (block, element, value, option) => on.press({}, { values: values() })(block, element, value, option);
  const send = async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    try { await on.act("submit", { values: values() }); } finally { busy = false; }
  };
  const text = (object, otherwise) => (object ? written(object, on.reader) : otherwise);
  const close = make("button", { type: "button", "data-close": true, onclick: () => on.act("close", {}) }, text(view.close, "Cancel"));
  const submit = view.submit ? make("button", { class: "primary", "data-submit": true }, text(view.submit)) : null;
  return [make("form", { class: "modal", novalidate: true, onsubmit: send },
    make("h2", { id: "modal-title" }, text(view.title)), drawn(view.blocks, surface),
    make("footer", { class: "row end" }, close, submit)), values];
}
