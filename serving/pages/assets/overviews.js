"use strict";
// Printing; without a script the browser's own menu does it.
// Parts that come by themselves need no link to all of them.
document.querySelectorAll("[data-without-script]").forEach((link) => (link.hidden = true));

document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
