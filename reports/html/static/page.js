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
