"use strict";
// The pairs: made from the page's data when their page is shown. Readers without a script have the first in <noscript>.

const PAGE = 12;

{
  const names = data.pairs.map((pair) => `${pair.d} ${pair.p}`.toLowerCase());
  let found = names.map((_, i) => i);
  let page = 0;
  const gallery = $("gallery");
  const place = make("span", { "aria-live": "polite" });
  const turn = (step) => { page += step; show(); };
  const back = make("button", { type: "button", click: () => turn(-1) }, "‹ Back");
  const on = make("button", { type: "button", click: () => turn(1) }, "Next ›");
  const filter = make("input", { type: "search", id: "pair-filter", input: () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = names.flatMap((name, i) => (words.every((word) => name.includes(word)) ? [i] : []));
    page = 0;
    show();
  } });

  function picture(p, k) {
    const pair = data.pairs[p];
    const shown = pair.pics[k] ? smallPicture(p, k)
      : make("div", { class: "absent" }, !isFused(k) ? "could not be read" : data.messages[`${p}/${k}`] ? `failed: ${data.messages[`${p}/${k}`]}` : "not run, or its picture is not in the run folder");
    return make("figure", { class: isFused(k) ? "fused" : "source" }, shown, make("figcaption", {}, pictureLabel(pair, k)));
  }

  function scoreTable(p) {
    const marks = data.metrics.map((_, m) => marksOf(m, p));
    const table = make("table", { class: "plain", "data-what": `${data.title}, pair ${data.pairs[p].p}` },
      make("thead", {}, make("tr", {}, ...["Fuser", ...data.metrics.map((metric) => `${metric.name} ${metric.up ? "↑" : "↓"}`)].map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...data.fusers.map((fuser, f) => make("tr", {}, make("th", { scope: "row" }, fuser), ...data.metrics.map((_, m) => {
        const value = valueOf(m, p, f);
        if (value === null) return make("td", { title: missing(m, p, f) }, data.missing);
        return make("td", {}, marks[m][f] ? make(marks[m][f], {}, text(value)) : text(value));
      })))));
    const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Scores of pair ${data.pairs[p].p}` }, table);
    showMore(scroll);
    return [scroll, exports.menu(table)];
  }

  function article(p) {
    const pair = data.pairs[p];
    const shown = pair.pics.map((_, k) => k).filter((k) => k !== 2 || pair.pics[2]);
    const first = shown.find((k) => pair.pics[k]);
    const scores = make("details", { toggle: () => { if (scores.open && scores.children.length === 1) scores.append(...scoreTable(p)); } },
      make("summary", {}, "Scores of this pair"));
    return make("article", { class: "pair", "data-number": p },
      make("h3", {}, make("span", { class: "dataset" }, pair.d), ` ${pair.p} `, make("small", {}, pair.w ? `${pair.w} × ${pair.h}` : "")),
      ...(first === undefined ? [] : [make("p", { class: "tools" }, make("button", { type: "button", "data-pair": p, "data-picture": first, "data-mode": "grid" }, "All at a glance"))]),
      make("div", { class: "strip" }, ...shown.map((k) => picture(p, k))), scores);
  }

  function show() {
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    const shown = found.slice(page * PAGE, (page + 1) * PAGE);
    gallery.replaceChildren(...shown.map(article));
    place.textContent = found.length ? `Pairs ${page * PAGE + 1} to ${page * PAGE + shown.length} of ${found.length}` : "No pair of that name";
    back.disabled = page === 0;
    on.disabled = page >= pages - 1;
  }

  $("gallery-tools").append(
    make("label", { for: "pair-filter" }, "Filter pairs:"), filter,
    make("span", { class: "pager" }, place, back, on));
  show();
}
