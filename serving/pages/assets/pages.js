"use strict";
// The keyboard, and the place in the list: everything here has a link or a button that does it without a script.

const PLACE = "shiprisk-order";
const rows = () => Array.from(document.querySelectorAll("tr[data-path]"));
const current = () => document.activeElement && document.activeElement.closest("tr[data-path]");

function focusRow(row) {
  if (!row) return;
  rows().forEach((other) => (other.tabIndex = -1));
  row.tabIndex = 0;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  sessionStorage.setItem(PLACE, row.dataset.order);
}

function move(by) {
  const all = rows();
  const at = all.indexOf(current() || all.find((row) => row.tabIndex === 0 && row.dataset.order === sessionStorage.getItem(PLACE)));
  focusRow(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
}

function press(key) {
  const row = current();
  const button = row && row.querySelector(`[data-key="${key}"]`);
  if (button) button.click();
}

function comment() {
  const row = current();
  if (!row) return;
  row.querySelector("input[type=checkbox]").checked = true;
  document.getElementById("comment").focus();
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
  "/": () => document.getElementById("search") && document.getElementById("search").focus(),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
  if (event.key === "Escape" && writing) event.target.blur();
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

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("tr[data-path]");
  if (row) sessionStorage.setItem(PLACE, row.dataset.order);
});

function begin() {
  const all = rows();
  if (!all.length) return;
  all.forEach((row) => (row.tabIndex = -1));
  const known = all.find((row) => row.dataset.order === sessionStorage.getItem(PLACE));
  (known || all[0]).tabIndex = 0;
  if (known && document.querySelector(".notice")) focusRow(known);
}

begin();
