"use strict";
// Tables that sort, filter, hide columns and turn pages: DataTables, unpacked when the first is needed.

const dataTables = (() => {
  let loaded = null;
  return () => (loaded ??= (async () => {
    const packed = Uint8Array.from(atob($("datatables").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const url = URL.createObjectURL(new Blob([await new Response(stream).arrayBuffer()], { type: "text/javascript" }));
    const module = await import(url);
    URL.revokeObjectURL(url);
    return module.default;
  })());
})();

/** Columns to hide and intervals to show, above a table. */
function tableTools(table, api) {
  const heads = [...table.querySelectorAll("thead th")].map((th) => th.textContent.trim());
  const boxes = heads.slice(1).map((head, i) => make("label", {}, make("input", {
    type: "checkbox", checked: true, change: (event) => api.column(i + 1).visible(event.target.checked),
  }), head));
  return make("div", { class: "tools" },
    make("details", { class: "menu" }, make("summary", {}, "Columns"), make("div", {}, ...boxes)),
    make("label", {}, make("input", {
      type: "checkbox", change: (event) => table.classList.toggle("show-ci", event.target.checked),
    }), "Show 95 % confidence intervals"));
}

async function enhanceTables() {
  const tables = document.querySelectorAll("table.enhance");
  // Without it (browsers before 2023) the tables stay plain.
  if (!tables.length || !("DecompressionStream" in window)) return;
  const DataTable = await dataTables();
  for (const table of tables) {
    const api = new DataTable(table, {
      paging: table.rows.length > 51, pageLength: 50, info: false, order: [], autoWidth: false,
      layout: { topStart: "search", topEnd: null, bottomStart: "paging", bottomEnd: null },
      language: { search: "Filter fusers:", emptyTable: "No scores.", zeroRecords: "No fuser of that name." },
      columnDefs: [{ targets: 0, type: "string" }, { targets: "_all", type: "num", orderSequence: ["desc", "asc", ""] }],
    });
    const container = table.closest(".dt-container");
    container.querySelector(".dt-search").after(tableTools(table, api));
  }
}
