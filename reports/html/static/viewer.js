"use strict";
// The viewer: A, B, fused and difference side by side, all pictures at a glance, a slider between any two, or one picture to
// flip through; all panes share one zoom, place and box. Its state is in the address, so that a link opens exactly this view.

const viewer = (() => {
  const dialog = $("viewer");
  const stage = $("v-stage");
  const SHARP = 2; // from this zoom on pixels have edges
  const DIGITS = 34; // from this zoom on they carry their values
  const state = { pair: 0, mode: "side", pick: 3, against: 0, gain: 4, zoom: null, x: 0.5, y: 0.5, split: 50, box: null, labels: false };
  let panes = [];
  let pointer = null; // pixel under the pointer
  let drawing = false; // whether a drag draws a box

  // ---- what there is to show

  const label = pictureLabel;
  const code = (k) => (k < 3 ? "abr"[k] : isFused(k) ? `f.${data.fusers[k - 3]}` : `s.${k - data.fusers.length}`);
  const decode = (text) => (text?.startsWith("f.") ? data.fusers.indexOf(text.slice(2)) + 3
    : text?.startsWith("s.") ? Number(text.slice(2)) + data.fusers.length : "abr".indexOf(text || "?"));
  const current = () => data.pairs[state.pair];
  /** Pictures in the order of the keys: A, B, the reference where there is one, the fusers, a stack's further sources. */
  const offered = () => current().pics.map((_, k) => k).filter((k) => k !== 2 || current().pics[2]);

  // ---- panes

  function pane(title, ...pictures) {
    const view = make("div", { class: "view" });
    const value = make("output", {});
    const layers = pictures.map((k) => {
      const url = current().pics[k];
      const lose = () => view.append(make("p", { class: "nothing" }, `${decodeURI(url)} is not there: keep this page and its run folder together`));
      return url ? make("img", { src: url, alt: label(current(), k), draggable: "false", error: lose }) : null;
    });
    const item = { view, value, pictures, layers, images: [], digits: make("canvas", { "aria-hidden": "true" }) };
    const lost = pictures.filter((k, i) => !layers[i]);
    if (lost.length) view.append(make("p", { class: "nothing" }, why(lost[0])));
    Promise.all(pictures.map((k) => pixels.of(state.pair, k))).then((images) => {
      item.images = images;
      if (panes.includes(item)) place();
    });
    item.figure = make("figure", { class: "pane" }, view, make("figcaption", {}, make("b", { title }, title), value));
    return item;
  }

  const why = (k) => data.messages[`${state.pair}/${k}`] ?? `No picture: ${label(current(), k)}`;

  function build() {
    const pair = current();
    const { pick, against } = state;
    if (state.mode === "side") {
      panes = [pane(label(pair, 0), 0), pane(label(pair, 1), 1), pane(label(pair, pick), pick),
        pane(`Difference: ${label(pair, pick)} − ${label(pair, against)}`, pick, against)];
      panes.slice(0, 3).forEach((item) => item.view.append(...item.layers.filter(Boolean), item.digits));
      const mixed = panes[3];
      mixed.isDifference = true;
      if (mixed.layers.every(Boolean)) {
        mixed.layer = make("div", { class: "layer difference" }, ...mixed.layers);
        mixed.layer.style.filter = `brightness(${state.gain})`;
        mixed.view.append(mixed.layer, mixed.digits);
      }
    } else if (state.mode === "grid") {
      panes = offered().map((k) => {
        const item = pane(label(pair, k), k);
        item.view.append(...item.layers.filter(Boolean), item.digits);
        item.figure.classList.toggle("picked", k === pick);
        return item;
      });
      stage.style.setProperty("--columns", columns(panes.length));
    } else if (state.mode === "slider") {
      const item = pane(`${label(pair, against)} | ${label(pair, pick)}`, against, pick);
      const [left, right] = item.layers.map((layer) => make("div", { class: "layer" }, ...(layer ? [layer] : [])));
      item.split = { right, line: make("div", { class: "divider" }), range: make("input", {
        class: "split", type: "range", min: "0", max: "100", step: "0.5", value: state.split,
        "aria-label": `Share of ${label(pair, against)}`,
        input: (event) => { state.split = Number(event.target.value); place(); save(); },
      }) };
      item.view.append(left, right, item.digits, make("span", { class: "tag left" }, label(pair, against)),
        make("span", { class: "tag right" }, label(pair, pick)), item.split.line, item.split.range);
      panes = [item];
    } else {
      panes = [pane(label(pair, pick), pick)];
      panes[0].view.append(...panes[0].layers.filter(Boolean), panes[0].digits);
    }
    stage.dataset.mode = state.mode;
    stage.replaceChildren(...panes.map((item) => item.figure));
    place();
  }

  /** In how many columns so many pictures are largest. */
  function columns(count) {
    const { w, h } = current();
    const size = (n) => Math.min(stage.clientWidth / n / w, (stage.clientHeight / Math.ceil(count / n) - 34) / h);
    return Array.from({ length: count }, (_, i) => i + 1).reduce((best, n) => (size(n) > size(best) ? n : best), 1);
  }

  /** Zoom in screen pixels for each picture pixel. */
  function scale() {
    const { clientWidth: width, clientHeight: height } = panes[0].view;
    return state.zoom ?? Math.min(width / current().w, height / current().h);
  }

  function place() {
    if (!dialog.open || !panes.length) return;
    const { w, h } = current();
    const s = scale();
    for (const item of panes) {
      const { clientWidth: width, clientHeight: height } = item.view;
      const left = width / 2 - state.x * w * s;
      const top = height / 2 - state.y * h * s;
      item.view.classList.toggle("sharp", s >= SHARP);
      for (const layer of item.layers) {
        if (!layer) continue;
        layer.style.width = `${w}px`;
        layer.style.height = `${h}px`;
        layer.style.transform = `translate(${left}px, ${top}px) scale(${s})`;
      }
      if (item.split) {
        item.split.right.style.clipPath = `inset(0 0 0 ${state.split}%)`;
        item.split.line.style.left = `${state.split}%`;
      }
      draw(item, s, left, top, width, height);
    }
    $("v-zoom").textContent = `${s < 0.995 ? (100 * s).toFixed(0) + " %" : "× " + s.toFixed(s < 10 ? 1 : 0)}`;
    read();
  }

  function valuesIn(item, x, y, screenX) {
    const [first, second] = item.images;
    if (!first || (item.pictures.length > 1 && !second)) return null;
    if (item.isDifference) return differenceAt(first, second, x, y);
    const onRight = item.split && screenX >= (state.split / 100) * item.view.clientWidth;
    return valuesAt(onRight ? second : first, x, y);
  }

  let classMap = { url: null, image: null };
  /** The pair's class map as a picture, once it is loaded. */
  function mapOf(pair) {
    if (classMap.url !== pair.map) {
      const image = new Image();
      classMap = { url: pair.map, image };
      image.addEventListener("load", place);
      image.src = pair.map;
    }
    return classMap.image.complete && classMap.image.naturalWidth ? classMap.image : null;
  }

  const labelled = (pair) => pair.boxes.length > 0 || Boolean(pair.map);

  const HUES = ["#56b4e9", "#f0e442", "#d55e00", "#cc79a7", "#009e73"];

  /** Labels, the box, and at high zoom the values of the pixels, over a pane. */
  function draw(item, s, left, top, width, height) {
    const context = item.digits.getContext("2d");
    item.digits.width = width; // clears it
    item.digits.height = height;
    const outline = (x, y, w, h, colour, dash = []) => {
      for (const [ink, line] of [["#000a", 4], [colour, 2]]) {
        context.setLineDash(dash);
        Object.assign(context, { strokeStyle: ink, lineWidth: line });
        context.strokeRect(left + x * s, top + y * s, w * s, h * s);
      }
    };
    if (state.labels && current().map) {
      const image = mapOf(current());
      context.globalAlpha = 0.5;
      context.imageSmoothingEnabled = false;
      if (image) context.drawImage(image, left, top, current().w * s, current().h * s);
      context.globalAlpha = 1;
    }
    if (state.labels) {
      const kinds = [...new Set(current().boxes.map(([name]) => name))];
      context.font = "12px system-ui, sans-serif";
      for (const [name, l, t, r, b] of current().boxes) {
        const colour = HUES[kinds.indexOf(name) % HUES.length];
        outline(l, t, r - l, b - t, colour);
        if ((r - l) * s < 24) continue;
        context.fillStyle = "#000b";
        context.fillRect(left + l * s, top + t * s - 16, context.measureText(name).width + 8, 16);
        context.fillStyle = colour;
        context.fillText(name, left + l * s + 4, top + t * s - 4);
      }
    }
    if (state.box) outline(...state.box, "#ff7a1a", [6, 3]);
    if (s < DIGITS || !item.images[0]) return;
    const { w, h } = current();
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let y = Math.max(0, Math.floor(-top / s)); y < Math.min(h, (height - top) / s); y++) {
      for (let x = Math.max(0, Math.floor(-left / s)); x < Math.min(w, (width - left) / s); x++) {
        const [cx, cy] = [left + (x + 0.5) * s, top + (y + 0.5) * s];
        const values = valuesIn(item, x, y, cx);
        if (!values) return;
        const shown = item.isDifference ? values.map((v) => Math.min(255, v * state.gain)) : values;
        const light = shown.length === 1 ? shown[0] : 0.3 * shown[0] + 0.59 * shown[1] + 0.11 * shown[2];
        const size = Math.min(15, s / (values.length + 0.8));
        context.font = `${size}px ui-monospace, monospace`;
        context.fillStyle = light > 127 ? "#000" : "#fff";
        values.forEach((v, i) => context.fillText(v, cx, cy + (i - (values.length - 1) / 2) * size * 1.05));
      }
    }
  }

  /** Write the values under the pointer (or in the middle) below each pane. */
  function read() {
    const { w, h } = current();
    const at = pointer ?? { x: Math.floor(state.x * w), y: Math.floor(state.y * h) };
    const inside = at.x >= 0 && at.y >= 0 && at.x < w && at.y < h;
    for (const item of panes) {
      const values = inside && valuesIn(item, at.x, at.y, at.screenX ?? item.view.clientWidth / 2);
      item.value.textContent = inside ? `(${at.x}, ${at.y}) ${values ? values.join(" ") : ""}` : "";
    }
  }

  // ---- around the panes

  function fill(select, entries, value) {
    select.replaceChildren(...entries.map(([key, text]) => make("option", { value: key }, text)));
    select.value = value;
  }

  function showControls() {
    const pair = current();
    const names = offered().map((k) => [k, label(pair, k)]);
    $("v-pair").value = state.pair;
    fill($("v-pick"), names, state.pick);
    fill($("v-against"), names, state.against);
    $("v-gain").value = state.gain;
    $("v-against-label").hidden = !["side", "slider"].includes(state.mode);
    $("v-gain-label").hidden = state.mode !== "side";
    dialog.querySelectorAll("button[data-mode]").forEach((b) => b.setAttribute("aria-pressed", b.dataset.mode === state.mode));
    $("v-back").disabled = state.pair === 0;
    $("v-on").disabled = state.pair === data.pairs.length - 1;
    $("v-strip").replaceChildren(...offered().map((k, i) => make("button", {
      type: "button", "aria-current": k === state.pick ? "true" : null, click: () => set({ pick: k }),
    }, ...(i < 9 ? [make("kbd", {}, String(i + 1))] : []), label(pair, k))));
    $("v-read").hidden = offered().some((k) => pixels.readable(state.pair, k));
    $("v-labels").hidden = !labelled(pair);
    $("v-labels").setAttribute("aria-pressed", state.labels);
    $("v-box").setAttribute("aria-pressed", drawing);
    dialog.setAttribute("aria-label", `Viewer: pair ${pair.p} of ${pair.d}`);
  }

  function showScores() {
    const pair = current();
    const parts = [make("h2", {}, `${pair.d} ${pair.p}`)];
    if (!isFused(state.pick)) parts.push(make("p", {}, "Choose a fused picture to see its scores."));
    else {
      const fuser = state.pick - 3;
      const rows = data.metrics.map((metric, m) => {
        const { value, rank, first, of, best } = standing(m, state.pair, fuser);
        return make("tr", { title: metric.signature }, make("th", { scope: "row" }, `${metric.name} ${metric.up ? "↑" : "↓"}`),
          make("td", {}, value === null ? missing(m, state.pair, fuser) : text(value)),
          make("td", { class: first ? "first" : null }, rank === null ? "" : `${rank} / ${of}`), make("td", {}, best));
      });
      parts.push(make("h2", {}, data.fusers[fuser]),
        make("table", {}, make("thead", {}, make("tr", {}, ...["Metric", "Value", "Rank", "Best"].map((t) => make("th", { scope: "col" }, t)))),
          make("tbody", {}, ...rows)));
    }
    const message = data.messages[`${state.pair}/${state.pick}`];
    if (message) parts.push(make("p", { class: "absent" }, message));
    if (state.labels && pair.map) {
      parts.push(make("h2", {}, "Labels"), make("ul", { class: "legend" }, ...pair.colours.map(([name, colour]) =>
        make("li", {}, make("i", { style: `background: ${colour}` }), name))));
    }
    if (pair.prompts.length) {
      parts.push(make("h2", {}, "Prompt maps of TC-MoA"), make("div", { class: "prompts" }, ...pair.prompts.map(([name, url]) =>
        make("figure", {}, make("a", { href: url }, make("img", { src: url, alt: `Prompt map ${name}`, loading: "lazy" })), make("figcaption", {}, name)))));
    }
    parts.push(...figureParts());
    const open = current().pics[state.pick];
    if (open) parts.push(make("p", {}, make("a", { href: open, target: "_blank", rel: "noopener" }, "Open the picture alone")));
    $("v-side").replaceChildren(...parts);
  }

  const shell = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

  /** The command that draws what is looked at as a figure for a paper. */
  function figureCommand() {
    const pair = current();
    const fused = offered().filter((k) => isFused(k) && pair.pics[k]);
    const shown = state.mode === "grid" ? fused : fused.filter((k) => k === state.pick || k === state.against);
    const parts = ["tcmoa-bench", "figure", data.run, "--pairs", `${pair.d}/${pair.p}`];
    if (shown.length) parts.push("--fusers", shown.map((k) => data.fusers[k - 3]).join(","));
    if (state.box) parts.push("--crop", state.box.join(","));
    return [...parts, "-o", "figure.pdf"].map(shell).join(" ");
  }

  function figureParts() {
    const id = "v-command";
    const words = state.box ? `Box: ${state.box.join(", ")} (left, top, width, height)` : "Drag with Shift (or after Box) to draw a box: it becomes the crop.";
    return [make("h2", {}, "As a figure"), make("p", { id: "v-box-words" }, words),
      make("div", { class: "command" }, make("code", { id }, figureCommand()),
        make("button", { type: "button", "data-copy": id, "aria-label": "Copy as figure command" }, "Copy"))];
  }

  // ---- the address

  function address() {
    const { d, p } = current();
    const parts = { d, p, show: code(state.pick), against: code(state.against), mode: state.mode };
    if (state.mode === "side") parts.gain = state.gain;
    if (state.mode === "slider") parts.split = state.split;
    if (state.box) parts.box = state.box.join(",");
    if (state.labels) parts.labels = 1;
    if (state.zoom !== null) Object.assign(parts, { zoom: +state.zoom.toFixed(3), x: +state.x.toFixed(5), y: +state.y.toFixed(5) });
    return `#view?${new URLSearchParams(parts)}`;
  }

  let saving = 0;
  function save() {
    clearTimeout(saving);
    saving = setTimeout(() => { if (dialog.open) history.replaceState(null, "", address()); }, 120);
  }

  /** Open what the address says, if it is a view. */
  function follow() {
    if (!location.hash.startsWith("#view?")) return;
    const parts = new URLSearchParams(location.hash.slice(6));
    const pair = data.pairs.findIndex((item) => item.d === parts.get("d") && item.p === parts.get("p"));
    if (pair < 0) return;
    const [pick, against] = [decode(parts.get("show")), decode(parts.get("against"))];
    const number = (name, low, high, otherwise) => {
      const value = parseFloat(parts.get(name));
      return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;
    };
    open({
      pair, pick: pick < 0 ? 3 : pick, against: Math.max(0, against),
      mode: ["side", "grid", "slider", "flip"].includes(parts.get("mode")) ? parts.get("mode") : "side",
      box: boxOf(parts.get("box")), labels: parts.get("labels") === "1",
      gain: number("gain", 1, 16, 4), split: number("split", 0, 100, 50),
      zoom: number("zoom", 0.02, 128, null), x: number("x", 0, 1, 0.5), y: number("y", 0, 1, 0.5),
    });
  }

  /** Four numbers from text, or null. */
  function boxOf(text) {
    const box = (text ?? "").split(",").map(Number);
    return box.length === 4 && box.every((n) => Number.isInteger(n) && n >= 0) && box[2] && box[3] ? box : null;
  }

  // ---- changes

  function set(changes) {
    Object.assign(state, changes);
    const there = offered();
    if (!there.includes(state.pick)) state.pick = there.at(-1);
    if (!there.includes(state.against)) state.against = 0;
    build();
    showControls();
    showScores();
    save();
  }

  function open(changes) {
    if (!dialog.open) {
      dialog.showModal();
      stage.focus();
    }
    set(changes);
  }

  function zoomAt(factor, item = panes[0], screenX = item.view.clientWidth / 2, screenY = item.view.clientHeight / 2) {
    const { w, h } = current();
    const before = scale();
    const s = Math.min(128, Math.max(0.02, before * factor));
    const dx = screenX - item.view.clientWidth / 2;
    const dy = screenY - item.view.clientHeight / 2;
    state.x += (dx / before - dx / s) / w;
    state.y += (dy / before - dy / s) / h;
    moveTo(state.x, state.y, s);
  }

  /** Bring the box near, with as much around it. */
  function showBox() {
    const [x, y, w, h] = state.box;
    const { clientWidth: width, clientHeight: height } = panes[0].view;
    moveTo((x + w / 2) / current().w, (y + h / 2) / current().h, Math.min(32, Math.min(width / w, height / h) / 2));
  }

  function moveTo(x, y, zoom = state.zoom) {
    state.x = Math.min(1, Math.max(0, x));
    state.y = Math.min(1, Math.max(0, y));
    state.zoom = zoom;
    place();
    save();
  }

  // ---- hands and keys

  const itemAt = (target) => panes.find((item) => item.view.contains(target));
  const within = (item, event) => {
    const box = item.view.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  stage.addEventListener("wheel", (event) => {
    const item = itemAt(event.target);
    if (!item) return;
    event.preventDefault();
    zoomAt(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), item, ...within(item, event));
  }, { passive: false });

  /** The picture's pixel at a place of the screen, kept within the picture. */
  function pixelAt(item, event) {
    const [screenX, screenY] = within(item, event);
    const { w, h } = current();
    const s = scale();
    const at = (screen, length, middle, size) => Math.min(size, Math.max(0, (screen - length / 2) / s + middle * size));
    return [at(screenX, item.view.clientWidth, state.x, w), at(screenY, item.view.clientHeight, state.y, h)];
  }

  let drag = null;
  stage.addEventListener("pointerdown", (event) => {
    const item = itemAt(event.target);
    if (!item || event.button || event.target.tagName === "INPUT") return;
    if (drawing || event.shiftKey) {
      drag = { id: event.pointerId, item, from: pixelAt(item, event) };
      item.view.setPointerCapture(event.pointerId);
      return;
    }
    drag = { id: event.pointerId, x: event.clientX, y: event.clientY, startX: state.x, startY: state.y };
    item.view.setPointerCapture(event.pointerId);
    item.view.classList.add("moving");
  });
  stage.addEventListener("pointermove", (event) => {
    if (drag?.id === event.pointerId && drag.from) {
      const to = pixelAt(drag.item, event);
      const [x, y] = [0, 1].map((i) => Math.floor(Math.min(drag.from[i], to[i])));
      const [w, h] = [0, 1].map((i) => Math.ceil(Math.max(drag.from[i], to[i])) - [x, y][i]);
      state.box = w > 1 && h > 1 ? [x, y, w, h] : null;
      place();
      return;
    }
    if (drag?.id === event.pointerId) {
      const s = scale();
      moveTo(drag.startX - (event.clientX - drag.x) / s / current().w, drag.startY - (event.clientY - drag.y) / s / current().h, s);
      return;
    }
    const item = itemAt(event.target);
    if (!item) return;
    const [screenX, screenY] = within(item, event);
    const s = scale();
    pointer = {
      x: Math.floor((screenX - item.view.clientWidth / 2) / s + state.x * current().w),
      y: Math.floor((screenY - item.view.clientHeight / 2) / s + state.y * current().h), screenX,
    };
    read();
  });
  const drop = (event) => {
    if (drag?.from) {
      drawing = false;
      showControls();
      showScores();
      save();
    } else if (drag && event.type === "pointerup" && state.mode === "grid" && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 3) {
      const item = itemAt(event.target);
      if (item) set({ pick: item.pictures[0] });
    }
    drag = null;
    panes.forEach((item) => item.view.classList.remove("moving"));
  };
  stage.addEventListener("pointerup", drop);
  stage.addEventListener("pointercancel", drop);
  stage.addEventListener("pointerleave", () => { pointer = null; if (dialog.open) read(); });
  new ResizeObserver(() => {
    if (state.mode === "grid" && dialog.open) stage.style.setProperty("--columns", columns(panes.length));
    place();
  }).observe(stage);

  const step = (by) => {
    const pair = state.pair + by;
    if (pair >= 0 && pair < data.pairs.length) set({ pair, box: null, x: 0.5, y: 0.5, zoom: null });
  };
  const fit = () => moveTo(0.5, 0.5, null);
  const keys = {
    ArrowLeft: () => step(-1), ArrowRight: () => step(1), "+": () => zoomAt(1.5), "=": () => zoomAt(1.5), "-": () => zoomAt(1 / 1.5),
    0: fit, s: () => set({ mode: "side" }), d: () => set({ mode: "slider" }), f: () => set({ mode: "flip" }),
    g: () => set({ mode: "grid" }), b: () => $("v-box").click(), l: () => { if (labelled(current())) set({ labels: !state.labels }); },
  };
  // On the document: a button that is disabled while it has the focus leaves it to the body.
  document.addEventListener("keydown", (event) => {
    if (!dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (event.target.matches("select") || (event.target.matches("input") && !digit)) return;
    if (digit) {
      const k = offered()[digit - 1];
      if (k !== undefined) set(event.shiftKey ? { against: k } : { pick: k });
    } else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });

  $("v-back").addEventListener("click", () => step(-1));
  $("v-on").addEventListener("click", () => step(1));
  $("v-in").addEventListener("click", () => zoomAt(1.5));
  $("v-out").addEventListener("click", () => zoomAt(1 / 1.5));
  $("v-fit").addEventListener("click", fit);
  $("v-one").addEventListener("click", () => moveTo(state.x, state.y, 1));
  $("v-box").addEventListener("click", () => { drawing = !drawing; if (drawing) state.box = null; showControls(); place(); });
  $("v-labels").addEventListener("click", () => set({ labels: !state.labels }));
  $("v-read").addEventListener("click", () => $("v-folder").click());
  $("v-folder").addEventListener("change", () => {
    const found = pixels.show($("v-folder").files);
    set({});
    if (!found) $("v-read").textContent = "No picture of this run there: choose the run folder";
  });
  $("v-close").addEventListener("click", () => dialog.close());
  for (const [id, name] of [["v-pick", "pick"], ["v-against", "against"], ["v-gain", "gain"], ["v-pair", "pair"]]) {
    $(id).addEventListener("change", (event) => set({ [name]: Number(event.target.value) }));
  }
  dialog.querySelectorAll("button[data-mode]").forEach((b) => b.addEventListener("click", () => set({ mode: b.dataset.mode })));
  dialog.addEventListener("close", () => {
    clearTimeout(saving);
    stage.replaceChildren();
    history.replaceState(null, "", tableAddress.now || "#pairs");
  });
  fill($("v-pair"), data.pairs.map((pair, i) => [i, `${pair.d} ${pair.p}`]), 0);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-pair]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const { pair, picture, mode, against, box } = link.dataset;
    open({
      pair: Number(pair), pick: Number(picture), mode: mode ?? "side", against: Number(against ?? 0), zoom: null, x: 0.5, y: 0.5,
      box: boxOf(box), labels: Boolean(box),
    });
    if (box) showBox();
  });
  addEventListener("hashchange", follow);
  return { open, follow, state };
})();
