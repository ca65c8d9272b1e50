"use strict";
// One metric at a time: its distribution and ranks (drawn beforehand, in <noscript>), the worst and best pairs of a
// fuser, and every pair's value. "All metrics" is the mean standing over all of them.

{
  const pages = [...document.querySelectorAll("noscript.metric-source")];
  const ALL = data.metrics.length;
  const LIST = 10;
  const names = [...data.metrics.map((metric) => `${metric.name} ${metric.up ? "↑" : "↓"}`), "All metrics: mean standing ↑"];
  const isUp = (m) => m === ALL || data.metrics[m].up;
  let table = null;

  const choose = (id, label, options, change) => {
    const select = make("select", { id, change }, ...options.map((text, i) => make("option", { value: i }, text)));
    return [make("label", { for: id }, label), select];
  };
  const [metricLabel, metricSelect] = choose("metric", "Metric", names, showMetric);
  const [fuserLabel, fuserSelect] = choose("extreme-fuser", "of", data.fusers, showExtremes);

  const link = (p, f, content) => make("a", { href: data.pairs[p].pics[f + 3] ?? "#pairs", "data-pair": p, "data-picture": f + 3 }, content);

  function showExtremes() {
    const [m, f] = [Number(metricSelect.value), Number(fuserSelect.value)];
    const known = data.pairs.map((_, p) => p).filter((p) => valueOf(m, p, f) !== null);
    known.sort((p, q) => (valueOf(m, p, f) - valueOf(m, q, f)) * (isUp(m) ? 1 : -1));
    const list = (title, pairs) => make("div", {}, make("h4", {}, title), make("ol", { class: "extremes" }, ...pairs.map((p) =>
      make("li", {}, link(p, f, `${data.pairs[p].d} ${data.pairs[p].p}`), " ", make("small", {}, text(valueOf(m, p, f)))))));
    $("extremes").replaceChildren(
      make("div", { class: "tools" }, fuserLabel, fuserSelect, make("span", {}, `by ${names[m]}`)),
      make("div", { class: "columns" }, list("Worst", known.slice(0, LIST)), list("Best", known.slice(-LIST).reverse())));
  }

  /** Every pair's values of one metric; DataTables makes only the rows of the page that is shown. */
  async function showPairs() {
    const m = Number(metricSelect.value);
    const DataTable = await dataTables();
    table?.destroy();
    const element = make("table", { class: "numbers pairs-table", "aria-label": `${names[m]} of every pair` });
    $("metric-pairs").replaceChildren(make("h3", {}, `${names[m]} of every pair`), element);
    element.dataset.what = `${data.title}, ${names[m]} of every pair`;
    element.content = () => pairsContent(m);
    $("metric-pairs").append(exports.menu(element));
    const rows = data.pairs.map((pair, p) => [p, ...data.fusers.map((_, f) => valueOf(m, p, f))]);
    table = new DataTable(element, {
      data: rows, deferRender: true, pageLength: 10, lengthMenu: [10, 25, 100], order: [], autoWidth: false,
      layout: { topStart: "search", topEnd: "pageLength", bottomStart: "info", bottomEnd: "paging" },
      language: { search: "Filter pairs:", lengthMenu: "Rows _MENU_", emptyTable: "No pairs.", zeroRecords: "No pair of that name." },
      columns: [
        { title: "Pair", type: "string", render: (p, kind) => {
          const name = `${data.pairs[p].d} ${data.pairs[p].p}`;
          return kind === "display" ? make("span", {}, name) : name;
        } },
        ...data.fusers.map((fuser, f) => ({
          title: make("span", {}, fuser).outerHTML, type: "score", orderSequence: isUp(m) ? ["desc", "asc", ""] : ["asc", "desc", ""],
          render: (value, kind, row) => {
            if (kind !== "display") return value ?? "";
            if (value === null) return make("span", { title: missing(m, row[0], f) }, data.missing);
            const { first } = standing(m, row[0], f);
            return link(row[0], f, first ? make("strong", {}, text(value)) : text(value));
          },
        })),
      ],
    });
    showMore(element.closest(".dt-layout-table"));
  }

  /** What a download of the table holds: every pair, not only the page that is shown. */
  function pairsContent(m) {
    return {
      head: ["Pair", ...data.fusers],
      rows: data.pairs.map((pair, p) => [`${pair.d} ${pair.p}`, ...data.fusers.map((_, f) => {
        const value = valueOf(m, p, f);
        return { text: value === null ? data.missing : text(value), value: value ?? data.missing };
      })].map((cell) => (typeof cell === "string" ? { text: cell, value: cell } : cell))),
    };
  }

  function showMetric() {
    const m = Number(metricSelect.value);
    // The text is markup that the template escaped.
    $("metric-page").innerHTML = pages[m]?.textContent ?? "";
    for (const scroll of $("metric-page").querySelectorAll(".scroll")) {
      showMore(scroll);
      scroll.after(exports.menu(scroll.querySelector("table")));
    }
    showExtremes();
    return showPairs();
  }

  $("metric-tools").append(metricLabel, metricSelect);
  // Building the table is the costliest step: only when the section comes near.
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    showMetric();
  }, { rootMargin: "600px" }).observe($("metrics"));
}
