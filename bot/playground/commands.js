// The line below the messages: what is typed after a slash is completed. Tab or an arrow and Enter take an offer.
import { make } from "./text.js";

const at = (id) => document.getElementById(id);
let chosen = -1;

// [what would stand in the line, usage, what it does] for what is typed so far.
export function offers(line, commands) {
  if (!line.startsWith("/")) return [];
  const [name, ...rest] = line.split(" ");
  if (!rest.length) {
    return commands.filter((one) => one.name.startsWith(name)).map((one) => [`${one.name} `, `${one.name} ${one.hint}`, one.about]);
  }
  const command = commands.find((one) => one.name === name);
  if (!command || rest.length > 1) return [];
  return command.words.filter(([usage]) => usage.startsWith(rest[0].toLowerCase()))
    .map(([usage, about]) => [`${name} ${usage.split(" ")[0]}${usage.includes(" ") ? " " : ""}`, `${name} ${usage}`, about])
    .filter(([whole]) => whole.trim() !== line.trim() || rest[0] === "");
}

function close() {
  at("offers").hidden = true;
  at("line").setAttribute("aria-expanded", "false");
  at("line").removeAttribute("aria-activedescendant");
  chosen = -1;
}

function take(whole, commands) {
  at("line").value = whole;
  at("line").focus();
  show(commands);
}

function show(commands) {
  const found = offers(at("line").value, commands);
  if (!found.length) { close(); return; }
  chosen = Math.min(chosen, found.length - 1);
  at("offers").replaceChildren(...found.map(([whole, usage, about], index) =>
    make("li", { id: `offer-${index}`, role: "option", "aria-selected": String(index === chosen), "data-whole": whole,
      onmousedown: (event) => { event.preventDefault(); take(whole, commands); } }, make("b", {}, usage), make("span", {}, about))));
  at("offers").hidden = false;
  at("line").setAttribute("aria-expanded", "true");
  if (chosen >= 0) {
    at("line").setAttribute("aria-activedescendant", `offer-${chosen}`);
    at(`offer-${chosen}`).scrollIntoView({ block: "nearest" });
  } else at("line").removeAttribute("aria-activedescendant");
}

// Completes in #line; `commands()` are the workspace's.
export function completing(commands) {
  const line = at("line");
  line.addEventListener("input", () => { chosen = -1; show(commands()); });
  line.addEventListener("focus", () => show(commands()));
  line.addEventListener("blur", close);
  line.addEventListener("keydown", (event) => {
    const found = at("offers").hidden ? [] : offers(line.value, commands());
    if (!found.length) return;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      chosen = (chosen + step + found.length + (chosen < 0 && step < 0 ? 1 : 0)) % found.length;
      show(commands());
    } else if (event.key === "Tab" || (event.key === "Enter" && chosen >= 0)) {
      event.preventDefault();
      const whole = found[Math.max(chosen, 0)][0];
      chosen = -1;
      take(whole, commands());
    }
  });
  return { close };
}
