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
    // Numbers; what has no value stands last, whichever way the others are sorted.
    const order = module.default.ext.type.order;
    const last = (a, b) => (a === null) - (b === null);
    order["score-pre"] = (value) => (value === "" || value === null ? null : Number(value));
    order["score-asc"] = (a, b) => last(a, b) || a - b;
    order["score-desc"] = (a, b) => last(a, b) || b - a;
    return module.default;
  })());
})();

/** How a table is shown, as the address has it: `#table-1?sort=EN@tang2022:desc&filter=lp&hide=SD@tang2022&ci=1`. */
const tableAddress = {
  now: "",
  read() {
    const [, id, text] = /^#(table-\d+)\??(.*)$/.exec(location.hash) ?? [];
    return id ? { id, parts: new URLSearchParams(text) } : null;
  },
  write(id, parts) {
    const text = new URLSearchParams(Object.entries(parts).filter(([, value]) => value)).toString();
    this.now = text ? `#${id}?${text}` : `#${id}`;
    if (!location.hash.startsWith("#view?")) history.replaceState(null, "", this.now);
  },
};

async function enhanceTables() {
  const tables = document.querySelectorAll("table.enhance");
  // Without it (browsers before 2023) the tables stay plain.
  if (!tables.length || !("DecompressionStream" in window)) return;
  const DataTable = await dataTables();
  const wanted = tableAddress.read();
  for (const table of tables) enhance(DataTable, table, wanted?.id === table.id ? wanted.parts : null);
  if (wanted && $(wanted.id)) {
    tabs($(wanted.id));
    $(wanted.id).closest("section").scrollIntoView();
  }
}

function enhance(DataTable, table, wanted) {
  const heads = [...table.tHead.rows[0].cells];
  const keys = heads.map((head) => head.dataset.key);
  const api = new DataTable(table, {
    paging: table.rows.length > 51, pageLength: 50, info: false, order: [], autoWidth: false,
    layout: { topStart: "search", topEnd: null, bottomStart: "paging", bottomEnd: null },
    language: { search: "Filter fusers:", emptyTable: "No scores.", zeroRecords: "No fuser of that name." },
    // The first click puts the best on top.
    columnDefs: heads.map((head, i) => (head.dataset.up === undefined ? { targets: i, type: "string" } : {
      targets: i, type: "score", orderSequence: head.dataset.up === "1" ? ["desc", "asc", ""] : ["asc", "desc", ""],
    })),
  });
  const container = table.closest(".dt-container");
  const boxes = keys.map((key, i) => make("input", {
    type: "checkbox", checked: true, change: (event) => api.column(i).visible(event.target.checked),
  }));
  const intervals = make("input", { type: "checkbox", change: () => { table.classList.toggle("show-ci", intervals.checked); save(); } });
  container.querySelector(".dt-search").after(make("div", { class: "tools" },
    make("details", { class: "menu" }, make("summary", {}, "Columns"), make("div", {}, ...boxes.slice(1).map((box, i) => make("label", {}, box, keys[i + 1])))),
    make("label", {}, intervals, "Show 95 % confidence intervals"), exports.menu(table)));
  showMore(container.querySelector(".dt-layout-table"));

  if (wanted) {
    for (const key of (wanted.get("hide") ?? "").split(",")) {
      const at = keys.indexOf(key);
      if (at > 0) { api.column(at).visible(false); boxes[at].checked = false; }
    }
    const [, key, direction] = /^(.*):(asc|desc)$/.exec(wanted.get("sort") ?? "") ?? [];
    if (keys.includes(key)) api.order([keys.indexOf(key), direction]);
    api.search(wanted.get("filter") ?? "").draw();
    intervals.checked = wanted.get("ci") === "1";
    table.classList.toggle("show-ci", intervals.checked);
    tableAddress.now = location.hash;
  }

  function save() {
    const [at, direction] = api.order()[0] ?? [];
    tableAddress.write(table.id, {
      sort: direction ? `${keys[at]}:${direction}` : "", filter: api.search(),
      hide: keys.filter((_, i) => !api.column(i).visible()).join(","), ci: intervals.checked ? "1" : "",
    });
  }
  api.on("order search column-visibility", save);
}
