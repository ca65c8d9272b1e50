"use strict";
// Values and pictures of the run by metric, pair and fuser.

const data = (() => {
  try {
    return JSON.parse($("data").textContent);
  } catch (error) {
    const words = `The data of this page cannot be read (${error.message}): it was cut or changed. Tables below are as they were written; build the page again with \`tcmoa-bench report\`.`;
    $("main").prepend(make("p", { class: "banner warn", role: "alert" }, words));
    document.documentElement.classList.remove("js");
    throw error;
  }
})();

/** Value of metric m (of all metrics together behind the last) for pair p and fuser f, or null. */
const valueOf = (m, p, f) => (data.values[m] ?? data.overall)[p * data.fusers.length + f];

/** Why there is no value. */
const missing = (m, p, f) => data.reasons[`${m}/${p}/${f}`] ?? data.missing;

/** A number as the tables print it. */
function text(value) {
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 4 : size < 100 ? 3 : 2);
}

/** A fuser's value and rank (1 is best, equal values share the average of theirs) on one pair by one metric, and who is best. */
function standing(m, p, f) {
  const up = data.metrics[m]?.up ?? true;
  const known = data.fusers.map((_, i) => valueOf(m, p, i)).map((v, i) => [v, i]).filter(([v]) => v !== null);
  const value = valueOf(m, p, f);
  const beats = (a, b) => (up ? a > b : a < b);
  const best = known.reduce((first, other) => (first && !beats(other[0], first[0]) ? first : other), null);
  return {
    value,
    rank: value === null ? null
      : known.filter(([v]) => beats(v, value)).length + (known.filter(([v]) => v === value).length + 1) / 2,
    first: value !== null && !known.some(([v]) => beats(v, value)),
    of: known.length,
    best: best ? data.fusers[best[1]] : "",
  };
}

/** Whether picture k of a pair is a fused one: sources and reference come before these, a stack's further sources after. */
const isFused = (k) => k >= 3 && k < 3 + data.fusers.length;

/** Name of picture k of a pair. */
const pictureLabel = (pair, k) => (k < 2 ? `${"AB"[k]}: ${pair.roles[k]}` : k === 2 ? "Reference" : isFused(k) ? data.fusers[k - 3] : `Source ${k - data.fusers.length}`);

/** A small picture that opens the viewer. */
function smallPicture(p, k, attributes = {}) {
  const pair = data.pairs[p];
  return make("a", { href: pair.pics[k], "data-pair": p, "data-picture": k, ...attributes },
    make("img", { src: pair.thumbs[k] ?? pair.pics[k], loading: "lazy", decoding: "async", alt: `${pictureLabel(pair, k)} of pair ${pair.p}` }));
}

/** Whose value is best and second on a pair: marks by fuser. */
function marksOf(m, p) {
  const ranks = data.fusers.map((_, f) => standing(m, p, f).rank);
  const known = [...new Set(ranks.filter((rank) => rank !== null))].sort((a, b) => a - b);
  const alone = ranks.filter((rank) => rank === known[0]).length === 1;
  return ranks.map((rank) => (rank === null ? "" : rank === known[0] ? "strong" : alone && rank === known[1] ? "u" : ""));
}
