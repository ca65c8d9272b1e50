"use strict";
// The pairs: each lies in a <noscript>, so that it can be read without this script, and is made when its page is shown.

const PAGE = 12;

{
  const sources = [...document.querySelectorAll("noscript.pair-source")];
  const names = data.pairs.map((pair) => `${pair.d} ${pair.p}`.toLowerCase());
  let found = sources.map((_, i) => i);
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

  function show() {
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    const shown = found.slice(page * PAGE, (page + 1) * PAGE);
    // The text is markup that the template escaped.
    gallery.innerHTML = shown.map((i) => sources[i].textContent).join("");
    place.textContent = found.length ? `Pairs ${page * PAGE + 1} to ${page * PAGE + shown.length} of ${found.length}` : "No pair of that name";
    back.disabled = page === 0;
    on.disabled = page >= pages - 1;
  }

  $("gallery-tools").append(
    make("label", { for: "pair-filter" }, "Filter pairs:"), filter,
    make("span", { class: "pager" }, place, back, on));
  show();
}
