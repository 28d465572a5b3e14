// Everything a person fills in. A field registers a reader of its value under its block in act.inputs.
import { make, unescaped } from "./text.js";

const label = (option) => unescaped(option.text.text);
const TYPES = { email_text_input: "email", url_text_input: "url", number_input: "number", datepicker: "date", timepicker: "time" };
const START = {
  plain_text_input: "initial_value", email_text_input: "initial_value", url_text_input: "initial_value",
  number_input: "initial_value", datepicker: "initial_date", timepicker: "initial_time", users_select: "initial_user",
  channels_select: "initial_channel", conversations_select: "initial_conversation", multi_users_select: "initial_users",
  static_select: "initial_option", radio_buttons: "initial_option", multi_static_select: "initial_options",
  checkboxes: "initial_options",
};

// What stands there: state.values where the server knows more than the view itself, as option values or strings.
function stands(block, part, act) {
  const kept = act.values?.[block.block_id]?.[part.action_id];
  const value = kept ? Object.entries(kept).find(([key]) => key !== "type")?.[1] : part[START[part.type]];
  if (Array.isArray(value)) return value.map((one) => one.value ?? one);
  return value?.value ?? value ?? null;
}

function choices(part, kind, now, act) {
  const chosen = Array.isArray(now) ? now : [now];
  const boxes = part.options.map((option) => {
    const box = make("input", { type: kind, name: `${act.scope}-${part.action_id}`, value: option.value, checked: chosen.includes(option.value) });
    return [box, make("label", { class: "choice" }, box, " ", label(option))];
  });
  const values = () => boxes.map(([box]) => box).filter((box) => box.checked).map((box) => box.value);
  return {
    node: make("span", { class: "choices" }, ...boxes.map(([, line]) => line)),
    value: kind === "radio" ? () => values()[0] ?? null : values,
  };
}

function offered(part, act) {
  if (part.type.includes("users")) return act.people.map((user) => [user.id, user.name]);
  if (part.type.startsWith("channels") || part.type.startsWith("conversations")) return act.rooms.map((room) => [room.id, `#${room.name}`]);
  return (part.options || []).map((option) => [option.value, label(option)]);
}

function select(part, now, act) {
  const several = part.type.startsWith("multi_");
  const chosen = several ? now || [] : [now];
  const option = ([value, text]) => make("option", { value, selected: chosen.includes(value) }, text);
  const groups = (part.option_groups || []).map((group) => make("optgroup", { label: unescaped(group.label.text) },
    ...group.options.map((one) => option([one.value, label(one)]))));
  const first = several ? null : make("option", { value: "" }, unescaped(part.placeholder?.text || "Choose …"));
  const node = make("select", { multiple: several }, first, ...offered(part, act).map(option), ...groups);
  return { node, value: () => several ? [...node.selectedOptions].map((one) => one.value) : node.value || null };
}

function moment(now) {
  const local = now ? new Date((now - new Date().getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 16) : "";
  const node = make("input", { type: "datetime-local", value: local });
  return { node, value: () => node.value ? String(Math.floor(new Date(node.value).getTime() / 1000)) : null };
}

function line(part, now) {
  const shared = { placeholder: part.placeholder ? unescaped(part.placeholder.text) : undefined, maxlength: part.max_length };
  const node = part.multiline ? make("textarea", { ...shared, rows: 4 }, now || "")
    : make("input", { ...shared, type: TYPES[part.type] || "text", value: now, step: part.is_decimal_allowed ? "any" : undefined });
  return { node, value: () => node.value || null };
}

function built(part, now, act) {
  if (part.type === "radio_buttons") return choices(part, "radio", now, act);
  if (part.type === "checkboxes") return choices(part, "checkbox", now, act);
  if (part.type === "datetimepicker") return moment(now);
  return part.type.includes("select") ? select(part, now, act) : line(part, now);
}

export function field(block, part, act, changed) {
  const typed = act.typed && block.type === "input" ? act.typed[block.block_id] : undefined;
  const { node, value } = built(part, typed ?? stands(block, part, act), act);
  if (block.type !== "actions") act.inputs?.set(block.block_id, value);
  node.addEventListener("change", () => changed(value()));
  return node;
}
