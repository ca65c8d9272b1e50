"use strict";
// What every page has: colours by choice, copy buttons, small helpers.

document.documentElement.classList.add("js");

/** Element by id. */
const $ = (id) => document.getElementById(id);

/** A new element: attributes (functions become listeners), then children (text stays text). */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** What the user chose before; private windows and some browsers refuse storage to pages from disk. */
const memory = {
  get(key) { try { return localStorage.getItem(`tcmoa-bench.${key}`); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`tcmoa-bench.${key}`, value); } catch { /* not kept */ } },
};

{
  const button = $("theme");
  const show = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.querySelector("span").textContent = theme;
    button.setAttribute("aria-label", `Colours: ${theme}`);
  };
  const themes = ["auto", "light", "dark"];
  let theme = themes.includes(memory.get("theme")) ? memory.get("theme") : "auto";
  show(theme);
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    memory.set("theme", theme);
    show(theme);
  });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = $(button.dataset.copy);
  getSelection().selectAllChildren(source);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Press Ctrl+C"; // the text is selected
  }
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
});

// ---- words on a head or a cell, by mouse and by keyboard

{
  const tip = make("div", { id: "tip", role: "tooltip", hidden: true });
  document.body.append(tip);
  let shown = null;
  const hide = () => { shown?.removeAttribute("aria-describedby"); shown = null; tip.hidden = true; };
  function show(event) {
    const item = event.target.closest?.("th[title], th[data-tip]");
    if (!item) return;
    if (item.title) { // the browser's own words come late, and never for the keyboard
      item.dataset.tip = item.title;
      item.removeAttribute("title");
    }
    hide();
    shown = item;
    tip.textContent = item.dataset.tip;
    tip.hidden = false;
    item.setAttribute("aria-describedby", "tip");
    const box = item.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${box.bottom + 6 + tip.offsetHeight > innerHeight ? box.top - tip.offsetHeight - 6 : box.bottom + 6}px`;
  }
  document.addEventListener("mouseover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("mouseout", (event) => { if (shown && !shown.contains(event.relatedTarget)) hide(); });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && shown) hide(); });
  addEventListener("scroll", hide, { capture: true, passive: true });
}

// ---- what goes on at the right

/** Say on an element that scrolls sideways whether there is more at its right. */
function showMore(element) {
  const update = () => element.classList.toggle("more", element.scrollLeft + element.clientWidth < element.scrollWidth - 2);
  element.addEventListener("scroll", update, { passive: true });
  new ResizeObserver(update).observe(element);
  for (const child of element.children) new ResizeObserver(update).observe(child);
}
document.querySelectorAll(".scroll").forEach(showMore);

// ---- groups as tabs

/** One tab for each panel of a section; returns what shows the panel of an element. */
const tabs = (() => {
  const groups = Map.groupBy([...document.querySelectorAll(".panel")], (panel) => panel.closest("section"));
  const choices = new Map(); // by panel: what shows it
  let count = 0;
  for (const [section, panels] of groups) {
    if (panels.length < 2) continue;
    const buttons = panels.map((panel, i) => {
      count += 1;
      panel.id = `panel-${count}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", `tab-${count}`);
      choices.set(panel, () => choose(i));
      return make("button", {
        type: "button", role: "tab", id: `tab-${count}`, "aria-controls": panel.id, click: () => choose(i),
        keydown: (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (step) choose((i + step + panels.length) % panels.length, true);
        },
      }, panel.dataset.tab);
    });
    function choose(number, focus = false) {
      panels.forEach((panel, i) => {
        panel.hidden = i !== number;
        buttons[i].setAttribute("aria-selected", i === number);
        buttons[i].tabIndex = i === number ? 0 : -1;
      });
      if (focus) buttons[number].focus();
    }
    panels[0].before(make("div", { class: "tabs", role: "tablist", "aria-label": section.dataset.tabs ?? "Groups of pairs" }, ...buttons));
    choose(0);
  }
  return (element) => choices.get(element.closest(".panel"))?.();
})();
