// mrkdwn as DOM nodes. Nothing here ever parses HTML: what a lead wrote can only become text.

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const EMOJI = {
  fire: "🔥", stopwatch: "⏱", white_check_mark: "✅", x: "❌", warning: "⚠️", tada: "🎉", wave: "👋", eyes: "👀",
  bell: "🔔", alarm_clock: "⏰", hourglass: "⌛", hourglass_flowing_sand: "⏳", star: "⭐", rocket: "🚀", bulb: "💡",
  point_right: "👉", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", phone: "☎️", telephone_receiver: "📞",
  email: "📧", calendar: "📅", chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊",
  memo: "📝", lock: "🔒", zzz: "💤", snowflake: "❄️", moneybag: "💰", handshake: "🤝", red_circle: "🔴",
  large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠", runner: "🏃", trophy: "🏆",
};

export const unescaped = (text) =>
  String(text).replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function suffix(day) {
  if (day > 3 && day < 21) return "th";
  return { 1: "st", 2: "nd", 3: "rd" }[day % 10] || "th";
}

// https://docs.slack.dev/messaging/formatting-message-text#date-formatting, in the reader's zone and a 24-hour clock.
export function dated(unix, format, tz, now) {
  const at = new Date(unix * 1000);
  const part = (options, when = at) => new Intl.DateTimeFormat("en-GB", { timeZone: tz, ...options }).format(when);
  const day = Number(part({ day: "numeric" }));
  const year = part({ year: "numeric" });
  const month = (length) => part({ month: length });
  // Slack leaves the year out within six months.
  const years = Math.abs(unix - now) > 182 * 86400 ? `, ${year}` : "";
  const iso = (when) => new Intl.DateTimeFormat("sv-SE", { timeZone: tz }).format(when);
  const forms = {
    date_num: () => iso(at),
    date: () => `${month("long")} ${day}${suffix(day)}${years}`,
    date_short: () => `${month("short")} ${day}${years}`,
    date_long: () => `${part({ weekday: "long" })}, ${month("long")} ${day}${suffix(day)}${years}`,
    time: () => part({ hour: "2-digit", minute: "2-digit", hour12: false }),
    time_secs: () => part({ hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }),
  };
  const near = { [-1]: "yesterday", 0: "today", 1: "tomorrow" };
  const apart = Math.round((Date.parse(iso(at)) - Date.parse(iso(new Date(now * 1000)))) / 86400000);
  return format.replace(/\{(\w+)\}/g, (whole, token) => {
    const pretty = token.endsWith("_pretty");
    if (pretty && near[apart]) return near[apart];
    const form = forms[pretty ? token.slice(0, -7) : token];
    return form ? form() : whole;
  });
}

function angle(token, reader) {
  const [target, label] = token.split(/\|(.*)/s);
  if (target.startsWith("!date^")) {
    const parts = target.split("^");
    const moment = new Date(Number(parts[1]) * 1000);
    if (!parts[1] || Number.isNaN(moment.getTime())) return document.createTextNode(unescaped(label || ""));
    return make("time", { title: unescaped(label || "") }, dated(Number(parts[1]), parts[2] || "", reader.tz, reader.now));
  }
  if (target[0] === "@") return make("span", { class: "mention" }, `@${reader.names[target.slice(1)] || target.slice(1)}`);
  if (target[0] === "#") return make("span", { class: "mention" }, `#${reader.names[target.slice(1)] || label || target.slice(1)}`);
  if (target[0] === "!") return make("span", { class: "mention" }, `@${target.slice(1).split("^")[0]}`);
  if (!/^(https?|mailto|tel):/.test(target)) return document.createTextNode(unescaped(label || target));
  return make("a", { href: unescaped(target), target: "_blank", rel: "noopener noreferrer" }, unescaped(label || target));
}

// Code and what stands in angle brackets are taken out first, each as one private character: marks go around them.
const FIRST = 0xE000;
const MOST = 6400;
const PIECES = /([\uE000-\uF8FF]|\n)/;
const inCode = (text) => unescaped(text.replace(/<([^<>]+)>/g, (whole, token) => token.split("|").at(-1)));

function takenOut(text, reader, links) {
  const nodes = [];
  const keep = (draw) => (nodes.length < MOST ? String.fromCharCode(FIRST + nodes.push(draw) - 1) : "");
  const flat = text.replace(/[\uE000-\uF8FF]/g, "")
    .replace(/```\n?([\s\S]+?)```/g, (whole, code) => keep(() => make("pre", {}, inCode(code))))
    .replace(/`([^`\n]+)`/g, (whole, code) => keep(() => make("code", {}, inCode(code))))
    .replace(/<([^<>]+)>/g, (whole, token) => keep(() => angle(token, reader)))
    .replace(links ? /https?:\/\/[^\s<>|\uE000-\uF8FF]*[^\s<>|.,;:!?)'"\uE000-\uF8FF]/g : /(?!)/g, (url) => keep(() => angle(url, reader)));
  return { flat, node: (sign) => nodes[sign.charCodeAt(0) - FIRST]() };
}

const MARKS = [["\\*", "b"], ["_", "i"], ["~", "s"]].map(([sign, tag]) =>
  [new RegExp(`(?<![\\w${sign}])${sign}(\\S|\\S[^\\n]*?\\S)${sign}(?![\\w${sign}])`), tag]);

function leaf(text, node) {
  const named = text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] || whole);
  return named.split(PIECES).filter(Boolean).map((piece) => {
    if (piece === "\n") return make("br");
    return /^[\uE000-\uF8FF]$/.test(piece) ? node(piece) : unescaped(piece);
  });
}

function inline(text, node, from = 0) {
  if (text === "") return [];
  if (from === MARKS.length) return leaf(text, node);
  const [pattern, tag] = MARKS[from];
  const match = pattern.exec(text);
  if (!match) return inline(text, node, from + 1);
  return [
    ...inline(text.slice(0, match.index), node, from + 1),
    make(tag, {}, ...inline(match[1], node, from + 1)),
    ...inline(text.slice(match.index + match[0].length), node, from),
  ];
}

function parse(text, reader, links) {
  const { flat, node } = takenOut(text, reader, links);
  // Lines that begin with > are a quote; those that follow one another are one.
  const groups = [];
  for (const line of flat.split("\n")) {
    const quoted = /^&gt; ?/.exec(line);
    const kind = Boolean(quoted);
    if (groups.at(-1)?.kind !== kind) groups.push({ kind, lines: [] });
    groups.at(-1).lines.push(quoted ? line.slice(quoted[0].length) : line);
  }
  return groups.flatMap(({ kind, lines }) => {
    const drawn = inline(lines.join("\n"), node);
    return kind ? [make("blockquote", {}, ...drawn)] : drawn;
  });
}

// `reader` is {names, tz, now}; `object` a text object, or a string that counts as mrkdwn.
export function written(object, reader) {
  if (!object) return document.createDocumentFragment();
  const shown = document.createDocumentFragment();
  if (object.type === "plain_text") {
    const text = unescaped(object.text).replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] || whole);
    shown.append(...text.split("\n").flatMap((line, at) => (at ? [make("br"), line] : [line])));
  } else {
    // Slack links what looks like an address, unless it was asked to take the text as it is.
    shown.append(...parse(typeof object === "string" ? object : object.text, reader, object.verbatim !== true));
  }
  return shown;
}
