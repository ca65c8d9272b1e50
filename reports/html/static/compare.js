"use strict";
// Two fusers side by side: the pairs where they differ most by a metric, or over all.

{
  const LIST = 8;
  const ALL = data.metrics.length;
  const names = [...data.metrics.map((metric) => `${metric.name} ${metric.up ? "↑" : "↓"}`), "All metrics: mean standing ↑"];
  const choice = (id, label, options, value) => {
    const select = make("select", { id, change: show }, ...options.map((option, i) => make("option", { value: i }, option)));
    select.value = value;
    return [make("label", { for: id }, label), select];
  };

  if (data.fusers.length > 1) {
    const parts = [choice("compare-first", "First fuser", data.fusers, 0), choice("compare-second", "second fuser", data.fusers, 1), choice("compare-metric", "by", names, ALL)];
    $("compare").append(make("div", { class: "tools" }, ...parts.flat()), make("div", { id: "compare-pairs" }));
    show();
  } else {
    $("compare").previousElementSibling.hidden = true;
  }

  function show() {
    const [first, second, m] = ["first", "second", "metric"].map((name) => Number($(`compare-${name}`).value));
    const gaps = data.pairs.map((_, p) => [p, valueOf(m, p, first), valueOf(m, p, second)]).filter(([, x, y]) => x !== null && y !== null);
    const up = data.metrics[m]?.up ?? true;
    const wins = gaps.filter(([, x, y]) => (up ? x > y : x < y)).length;
    gaps.sort(([, x, y], [, u, v]) => Math.abs(u - v) - Math.abs(x - y));
    const row = ([p, x, y]) => make("div", { class: "pair-of" },
      make("h4", {}, `${data.pairs[p].d} ${data.pairs[p].p}`),
      ...[[first, x, y], [second, y, x]].map(([f, own, other]) => make("figure", {},
        ...(data.pairs[p].pics[f + 3] ? [smallPicture(p, f + 3, { "data-mode": "slider", "data-against": (f === first ? second : first) + 3 })] : []),
        make("figcaption", {}, `${data.fusers[f]} `, make((up ? own > other : own < other) ? "strong" : "span", {}, text(own))))));
    $("compare-pairs").replaceChildren(
      make("p", {}, `${data.fusers[first]} is better on ${wins} of ${gaps.length} pairs. Where they differ most:`),
      make("div", { class: "pairs-of" }, ...gaps.slice(0, LIST).map(row)));
  }
}
