"use strict";
// A number sorts as a number, n/a after all others, everything else as people order names.
const names = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const valueOf = (row, column) => row.cells[column].textContent.trim();
const isMissing = (text) => text === "" || text === "n/a" || text === "NaN";
const isNumber = (text) => /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text);

function compared(a, b) {
  return isNumber(a) && isNumber(b) ? Number(a) - Number(b) : names.compare(a, b);
}

function sort(table, column, direction) {
  const body = table.tBodies[0];
  const sign = direction === "ascending" ? 1 : -1;
  const rows = Array.from(body.rows, (row) => [valueOf(row, column), row]);
  rows.sort(([a], [b]) => isMissing(a) - isMissing(b) || sign * compared(a, b));
  body.append(...rows.map(([, row]) => row));
  table.querySelectorAll("thead th").forEach((head, index) =>
    head.setAttribute("aria-sort", index === column ? direction : "none"));
}

for (const table of document.querySelectorAll("table.sortable")) {
  table.querySelectorAll("thead th").forEach((head, column) =>
    head.querySelector("button").addEventListener("click", () =>
      sort(table, column, head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending")));
}

for (const form of document.querySelectorAll("form.controls")) {
  const rows = Array.from(document.getElementById(form.dataset.for).tBodies[0].rows);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const narrow = () => {
    const { text, status, session } = form.elements;
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits = words.every((word) => texts.get(row).includes(word))
        && (!status.value || row.dataset.status === status.value)
        && (!session.value || row.dataset.session === session.value);
      row.hidden = !fits;
      shown += fits;
    }
    form.querySelector("output").textContent = `${shown} of ${rows.length} jobs`;
  };
  form.addEventListener("input", narrow);
  form.addEventListener("submit", (event) => event.preventDefault());
  narrow();
}

// Inside another report there are no files beside this page to lead to.
if (!/^(file|https?):$/.test(location.protocol)) {
  document.querySelectorAll(".gallery a").forEach((link) => link.removeAttribute("href"));
}
