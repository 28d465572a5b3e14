// Under the hood: each call and event with its payload and the limits it came near, and trouble on order.
import { make } from "./text.js";

const MOST = 200;

const json = (value) => make("pre", { tabindex: "0" }, typeof value === "string" ? value : JSON.stringify(value, null, 2));

function measure({ what, used, most }) {
  const words = `${used.toLocaleString("en")} of ${most.toLocaleString("en")} ${what}`;
  return make("label", { class: "measure" }, make("meter", { min: 0, max: most, high: most * 0.8, value: used, title: words }), " ", words);
}

function line(one) {
  const out = one.way === "call";
  const time = new Date(one.at * 1000).toISOString().slice(11, 19);
  const about = make("div", {}, ...one.measures.map(measure), make("h4", {}, out ? "Sent by the app" : "Sent by Slack"), json(one.sent),
    make("h4", {}, out ? "Answered by Slack" : "Answered by the app"), json(one.answered));
  return make("details", { class: one.error ? "exchange refused" : "exchange", "data-way": one.way, "data-name": one.name },
    make("summary", {}, make("time", { title: "The playground's clock, UTC" }, time),
      make("span", { class: "way" }, out ? "app → Slack" : "Slack → app"), make("b", {}, one.name),
      make("span", { class: "state" }, one.error || "ok"), make("small", {}, `${one.took} ms`)), about);
}

export function traffic(on) {
  let last = 0;
  let run = "";
  const kinds = [["all", "Everything"], ["call", "Calls of the app"], ["event", "Events for the app"], ["refused", "What failed"]];
  const filter = make("select", { id: "traffic-filter" }, ...kinds.map(([value, words]) => make("option", { value }, words)));
  const lines = make("div", { id: "exchanges", "data-only": "all" });
  filter.addEventListener("change", () => { lines.dataset.only = filter.value; });
  const complaints = make("div", { class: "complaints" });
  const waiting = make("ul", { class: "waiting" });
  const order = trouble(on, () => look());

  async function look() {
    const now = await on.ask(`page/traffic?after=${run}:${last}`);
    order.offer(now);
    if (now.run !== run) { // the program was started anew
      run = now.run;
      last = 0;
      lines.replaceChildren();
    }
    for (const one of now.exchanges) { lines.prepend(line(one)); last = one.n; }
    while (lines.children.length > MOST) lines.lastChild.remove();
    const words = now.complaints.length ? ["Real Slack would refuse, or frown at:"] : [];
    complaints.hidden = !words.length;
    complaints.replaceChildren(...words, make("ul", {}, ...now.complaints.map((one) => make("li", {}, one))));
    const struck = now.waiting.map((one) => make("li", {}, `${one.method === "*" ? "Any call" : one.method}: ${now.kinds[one.kind] || one.kind}, ${one.times === null ? "until it is called off" : `${one.times} more`}`));
    waiting.replaceChildren(...(struck.length ? struck : [make("li", {}, "No trouble is on order.")]));
  }

  return [
    { name: "Traffic", look, nodes: [make("p", { class: "about" }, "What goes over the wire, newest first. Open a line for its payload and how near it came to Slack's limits."),
      complaints, make("label", { class: "asked", for: "traffic-filter" }, "Show "), filter, lines] },
    { name: "Trouble", look, nodes: [make("p", { class: "about" }, "Order what goes wrong with Slack, and watch what the app makes of it."), order.node,
      make("h3", {}, "Still to strike"), waiting] },
  ];
}

function trouble(on, after) {
  const select = (name, words) => [make("label", { for: `trouble-${name}` }, words), make("select", { id: `trouble-${name}` })];
  const number = (name, words, value, most) => [make("label", { for: `trouble-${name}` }, words),
    make("input", { id: `trouble-${name}`, type: "number", min: 1, max: most, value })];
  const said = make("p", { class: "told", role: "status" });
  const parts = [select("kind", "What goes wrong"), select("method", "With which call"), number("times", "How often", 1, 1000), number("seconds", "Seconds, where it is about time", 5, 60)];
  const value = (name) => node.querySelector(`#trouble-${name}`).value;
  const send = async (event) => {
    event.preventDefault();
    const asked = { kind: value("kind"), method: value("method"), times: Number(value("times")), seconds: Number(value("seconds")) };
    const answer = await on.ask("page/trouble", asked);
    said.textContent = answer.said || `That cannot be ordered: ${answer.refused}`;
    await after();
  };
  const heal = async () => { await on.ask("page/heal", {}); said.textContent = "All trouble is called off."; await after(); };
  const node = make("form", { class: "ask", id: "trouble", novalidate: true, onsubmit: send },
    ...parts.map((pair) => make("div", { class: "asked" }, ...pair)),
    make("div", { class: "row" }, make("button", { class: "primary" }, "Order it"), make("button", { type: "button", onclick: heal }, "Call it all off")), said);
  const fill = (name, options) => {
    const box = node.querySelector(`#trouble-${name}`);
    if (box.options.length) return;
    box.append(...options.map(([one, words]) => make("option", { value: one }, words)));
  };
  return {
    node,
    offer: ({ kinds, methods }) => {
      fill("kind", Object.entries(kinds));
      fill("method", methods.map((one) => [one, one === "*" ? "Any call" : one]));
    },
  };
}
