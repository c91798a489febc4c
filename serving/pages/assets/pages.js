"use strict";
// The keyboard, and the place in the list: everything here has a link or a button that does it without a script.

const PLACE = "shiprisk-order", NEXT = "shiprisk-next", READ = "shiprisk-read";
const rows = () => Array.from(document.querySelectorAll("tr[data-path]"));
const current = () => document.activeElement && document.activeElement.closest("tr[data-path]");

function focusRow(row) {
  if (!row) return;
  rows().forEach((other) => (other.tabIndex = -1));
  row.tabIndex = 0;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  mark(row);
}

// Where the reader is, and what lies below: if the row goes, they are on the one that moved up into its place.
function mark(row) {
  const all = rows(), at = all.indexOf(row);
  const below = all.slice(at + 1).map((other) => other.dataset.order);
  sessionStorage.setItem(PLACE, row.dataset.order);
  sessionStorage.setItem(NEXT, JSON.stringify({ list: window.location.href, at, below }));
}

function rowInPlace(all) {
  const next = JSON.parse(sessionStorage.getItem(NEXT) || "null");
  if (!next || next.list !== window.location.href) return null;
  const byOrder = new Map(all.map((row) => [row.dataset.order, row]));
  return byOrder.get(next.below.find((order) => byOrder.has(order))) || all[Math.min(next.at, all.length - 1)];
}

function move(by) {
  const all = rows();
  const at = all.indexOf(current() || all.find((row) => row.tabIndex === 0 && row.dataset.order === sessionStorage.getItem(PLACE)));
  focusRow(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
}

// A key is for the row under the cursor; on the page of an order, for that order.
function press(key, within) {
  const place = within || current() || document.getElementById("decide");
  const button = place && place.querySelector(`[data-key="${key}"]`);
  if (button) button.click();
}

function comment() {
  const row = current(), place = document.getElementById("comment");
  if (!place || (rows().length && !row)) return;
  if (row) row.querySelector("input[type=checkbox]").checked = true;
  if (row) count();
  place.focus();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => current() && move(1),
  ArrowUp: () => current() && move(-1),
  x: () => current() && current().querySelector("input[type=checkbox]").click(),
  a: () => press("a"),
  s: () => press("s"),
  t: () => press("t"),
  c: comment,
  z: () => press("z", document.querySelector(".toast")),
  "/": () => document.getElementById("search") && document.getElementById("search").focus(),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
  if (event.key === "Escape" && writing) event.target.blur();
  else if (event.key === "Escape") closeNotice();
  if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = current();
  if (event.key === "Enter" && row && event.target === row) {
    window.location.assign(row.dataset.path);
    return;
  }
  if (event.key.startsWith("Arrow") && !row) return;
  if (Object.hasOwn(KEYS, event.key)) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

// Enter in a field of the list presses the button beside it, not the first one of the form.
document.addEventListener("keydown", (event) => {
  const joined = event.key === "Enter" && event.target.closest(".joined");
  if (!joined || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  joined.querySelector("button").click();
});

// A form that knows several kinds shows the fields of the chosen one, and sends no others.
function showFields(form) {
  const kind = form.querySelector("select").value;
  form.dataset.kinds = kind;
  form.querySelectorAll("[data-for]").forEach((part) => {
    part.hidden = !part.dataset.for.split(" ").includes(kind);
    if (part.tagName === "OPTION" && part.hidden && part.selected) part.parentElement.value = "";
    part.querySelectorAll("input, select").forEach((field) => (field.disabled = part.hidden));
  });
}

document.querySelectorAll("[data-kinds]").forEach((form) => {
  form.addEventListener("change", () => showFields(form));
  showFields(form);
});

// The answer to what somebody tried stands below it, and is scrolled to.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.matches(".answer-place")) event.detail.target.scrollIntoView({ block: "nearest" });
});

function count() {
  const chosen = document.querySelectorAll("input[name=order]:checked").length;
  const words = document.querySelector("[data-chosen]");
  if (words) words.textContent = chosen ? `${chosen} chosen:` : "Chosen orders:";
}

document.addEventListener("change", (event) => event.target.matches("input[name=order]") && count());
window.addEventListener("pageshow", count);  // a browser that goes back ticks what was ticked

function closeNotice() {
  const toast = document.querySelector(".toast");
  if (toast) toast.remove();
}

document.addEventListener("click", (event) => {
  if (!event.target.closest(".toast .close")) return;
  event.preventDefault();
  closeNotice();
});

document.querySelectorAll("details").forEach((details) =>
  details.addEventListener("toggle", () => {
    const field = details.open && details.querySelector("[data-focus]");
    if (field) field.focus();
  }),
);

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("tr[data-path]");
  if (row) mark(row);
});

// Who comes back from an order is on its row; who opens the list anew begins at its top.
function begin() {
  const all = rows();
  if (window.location.pathname.startsWith("/orders/")) sessionStorage.setItem(READ, "1");
  if (!all.length) return;
  const returns = sessionStorage.getItem(READ) || document.querySelector(".notice");
  sessionStorage.removeItem(READ);
  all.forEach((row) => (row.tabIndex = -1));
  const known = returns && (all.find((row) => row.dataset.order === sessionStorage.getItem(PLACE)) || rowInPlace(all));
  (known || all[0]).tabIndex = 0;
  if (known) focusRow(known);
}

begin();
