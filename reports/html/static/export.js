"use strict";
// Any table as CSV or LaTeX: what is shown, in the order shown; CSV has the numbers in full.

const exports = (() => {
  const TEX = {
    "\\": "\\textbackslash{}", "&": "\\&", "%": "\\%", $: "\\$", "#": "\\#", _: "\\_", "{": "\\{", "}": "\\}",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "↑": "$\\uparrow$", "↓": "$\\downarrow$", "|": "\\textbar{}",
    "<": "\\textless{}", ">": "\\textgreater{}", "±": "$\\pm$", "×": "$\\times$", "≠": "$\\neq$", "†": "$\\dagger$", "[": "{[}", "]": "{]}", "*": "{*}",
  };
  const tex = (text) => [...text].map((character) => TEX[character] ?? character).join("");

  /** A cell's words without what is for the eye only. */
  function words(cell) {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll(".ci, .aside, .dt-column-order, .hidden, button").forEach((item) => item.remove());
    copy.querySelectorAll(".whose").forEach((item) => item.replaceWith(`@${item.textContent}`));
    copy.querySelectorAll("b, span").forEach((item) => item.append(" "));
    return copy.textContent.replace(/\s+/g, " ").trim().replace(/ ([↑↓]) ?@(.*)$/, "@$2 $1");
  }

  function content(table) {
    if (table.content) return table.content(); // a table that holds only the rows of its page
    const rows = [...table.rows].map((row) => [...row.cells].map((cell) => {
      const text = words(cell);
      const mark = cell.querySelector("strong") ? "\\textbf" : cell.querySelector("u") ? "\\underline" : "";
      return { text, mark, value: cell.dataset.order || text };
    }));
    return { head: rows[0].map((cell) => cell.text), rows: rows.slice(1) };
  }

  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  function csv(table) {
    const { head, rows } = content(table);
    return [head, ...rows.map((row) => row.map((cell) => cell.value))].map((row) => row.map((v) => quoted(String(v))).join(",")).join("\n") + "\n";
  }

  function latex(table) {
    const { head, rows } = content(table);
    const line = (cells) => `${cells.join(" & ")} \\\\`;
    return [
      "% needs \\usepackage{booktabs}", "\\begin{table}[t]", "\\centering", `\\caption{${tex(caption(table))}}`,
      `\\begin{tabular}{l${"r".repeat(head.length - 1)}}`, "\\toprule", line(head.map(tex)), "\\midrule",
      ...rows.map((row) => line(row.map(({ text, mark }) => (mark ? `${mark}{${tex(text)}}` : tex(text))))),
      "\\bottomrule", "\\end{tabular}", "\\end{table}", "",
    ].join("\n");
  }

  const caption = (table) => table.dataset.what ?? `${document.title}, ${table.getAttribute("aria-label") ?? table.closest("[aria-labelledby]")?.getAttribute("aria-labelledby").split(" ").map((id) => $(id).textContent).join(" ") ?? table.closest("[aria-label]")?.getAttribute("aria-label") ?? ""}`;

  async function copy(button, text) {
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed here: download it";
    }
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  function download(table, text, ending) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    const name = caption(table).replace(/[^\w.-]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 60) || "table";
    make("a", { href: url, download: `${name}.${ending}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  /** The menu for a table. */
  function menu(table) {
    const button = (text, act) => make("button", { type: "button", click: (event) => act(event.currentTarget) }, text);
    return make("details", { class: "export" }, make("summary", {}, "Copy or download"), make("div", {},
      button("Copy CSV", (self) => copy(self, csv(table))),
      button("Copy LaTeX", (self) => copy(self, latex(table))),
      button("Download CSV", () => download(table, csv(table), "csv")),
      button("Download LaTeX", () => download(table, latex(table), "tex"))));
  }

  for (const table of document.querySelectorAll("main .scroll > table:not(.enhance)")) {
    table.parentElement.after(menu(table));
  }
  return { menu, csv, latex };
})();

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details:is(.menu, .export)[open]")) if (!open.contains(event.target)) open.open = false;
});
