"use strict";
// New scores: rows are marked and stay where they are; the reader decides when the list is sorted again.

(() => {
  const live = document.querySelector("[data-stream]");
  const offer = document.getElementById("live");
  const SAY_AFTER = 1500, MINUTE = 60000, AGAIN = 60000;
  const marks = new Map();
  const above = new Set();
  let source = null, more = false, latest = live ? Number(live.dataset.after) : 0, saying = 0, retrying = 0;

  const rowOf = (id) => live.querySelector(`[data-order="${CSS.escape(id)}"]`);
  const whole = (risk) => Math.round(100 * (risk ?? 0));
  const riskOf = (row) => (row.dataset.risk === "" ? null : Number(row.dataset.risk));

  function minutes(at) {
    const passed = Math.floor((Date.now() - at) / MINUTE);
    return passed < 1 ? "just now" : `${passed} min ago`;
  }

  function draw(row, mark) {
    const news = row.querySelector("[data-news]");
    const points = Math.abs(mark.by);
    const way = mark.by > 0 ? "up" : "down";
    news.className = `news ${way}`;
    news.textContent = points ? `${mark.by > 0 ? "▲" : "▼"} ${points}, ${minutes(mark.at)}` : `same, ${minutes(mark.at)}`;
  }

  function take([id, score, risk, text, step]) {
    const row = rowOf(id);
    if (!row) return note(id, risk);
    if (score <= Number(row.dataset.score)) return;
    const before = marks.get(id)?.from ?? riskOf(row);
    row.dataset.score = score;
    row.dataset.risk = risk ?? "";
    const by = whole(risk) - whole(before);  // of the percents that are shown
    const figure = row.querySelector(".figure");
    if (figure) figure.textContent = text;
    const bar = row.querySelector(".bar");
    if (bar) {
      bar.setAttribute("class", `bar step${step}`);
      bar.querySelector(".fill").setAttribute("width", (56 * (risk ?? 0)).toFixed(1));
    }
    if (by === 0 && !marks.has(id)) return;
    const mark = { from: before, by, at: Date.now() };
    marks.set(id, mark);
    row.classList.add("fresh");
    draw(row, mark);
  }

  // An order that is not in this page of the list, and would stand in it by its risk.
  function note(id, risk) {
    if (live.dataset.whole !== "1" || risk === null || risk >= 1) return;
    const rows = live.querySelectorAll("tr[data-order]");
    const last = rows.length ? riskOf(rows[rows.length - 1]) : null;
    if (last !== null && risk > last) above.add(id);
    else above.delete(id);
  }

  function moved() {
    if (live.dataset.sort !== "risk") return marks.size;
    const sign = live.dataset.ascending === "1" ? -1 : 1;
    const rows = Array.from(live.querySelectorAll("tr[data-order]"));
    const value = (row) => sign * (riskOf(row) ?? -1);
    return rows.filter((row, at) => {
      if (!marks.has(row.dataset.order)) return false;
      const before = rows[at - 1], after = rows[at + 1];
      return (before && value(before) < value(row)) || (after && value(after) > value(row));
    }).length;
  }

  const rows = (count) => `${count} row${count === 1 ? "" : "s"}`;

  function sentence() {
    if (live.dataset.single) return marks.size ? ["The order was scored again.", "Show it"] : null;
    if (more) return ["Many orders were scored again.", "Show the list anew"];
    const count = moved(), parts = [];
    if (count) parts.push(live.dataset.sort === "risk" ? `${rows(count)} would move` : `${rows(count)} with a new risk`);
    if (above.size) parts.push(`${above.size} order${above.size === 1 ? "" : "s"} would come in`);
    return parts.length ? [`${parts.join(", ")}:`, "sort again"] : null;
  }

  function say() {
    saying = 0;
    const text = sentence();
    offer.hidden = false;
    offer.classList.toggle("shown", text !== null);
    const [words, link] = [offer.querySelector("span"), offer.querySelector("a")];
    words.textContent = text ? text[0] : "";
    link.textContent = text ? text[1] : "";
    link.hidden = text === null;
  }

  function hear(event) {
    const news = JSON.parse(event.data);
    latest = Number(event.lastEventId) || latest;
    more = more || news.more;
    news.scores.forEach(take);
    if (!saying) saying = setTimeout(say, SAY_AFTER);
  }

  function open() {
    retrying = 0;
    if (source || document.hidden) return;
    source = new EventSource(`${live.dataset.stream}?after=${latest}`);
    source.onmessage = hear;
    source.onerror = () => {
      if (source && source.readyState === EventSource.CLOSED) {
        close();
        retrying = setTimeout(open, AGAIN);
      }
    };
  }

  function close() {
    if (source) source.close();
    source = null;
    clearTimeout(retrying);
  }

  if (live && offer) {
    open();
    // A page that nobody sees holds no connection: a browser has six for a service.
    document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
    window.addEventListener("pagehide", close);
    window.addEventListener("pageshow", open);
    setInterval(() => marks.forEach((mark, id) => rowOf(id) && draw(rowOf(id), mark)), MINUTE);
  }
})();
