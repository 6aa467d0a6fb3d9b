// node page_driver.js PAGE: runs the scripts of a page of holdfast over as much of a document as they use, does what the
// JSON list on standard input says, and prints what is shown after each step. Markup is never parsed: what the page
// does with names can only be text.
"use strict";
const fs = require("fs"), vm = require("vm");

class Element {
  constructor(tag) {
    Object.assign(this, { tag, children: [], attributes: {}, style: {}, listeners: {}, own: "", className: "", value: "", checked: false, hidden: false, tabIndex: -1 });
  }
  get textContent() { return this.own + this.children.map(child => typeof child === "string" ? child : child.textContent).join(""); }
  set textContent(text) { this.told = (this.told || 0) + 1; this.own = String(text); this.children = []; }
  set innerHTML(text) { throw new Error("innerHTML is not to be used"); }
  setAttribute(key, value) { this.attributes[key] = String(value); }
  getAttribute(key) { return this.attributes[key]; }
  append(...more) { this.children.push(...more); }
  replaceChildren(...more) { this.own = ""; this.children = more; this.drawn = (this.drawn || 0) + 1; }
  addEventListener(name, listener) { (this.listeners[name] = this.listeners[name] || []).push(listener); }
  getBoundingClientRect() { return { left: 0, width: 1000 }; }
  fire(name, event = {}) {
    for (const listener of this.listeners[name] || []) listener({ target: this, preventDefault() {}, ...event });
  }
  focus() { document.activeElement = this; this.fire("focus"); }
}

const page = fs.readFileSync(process.argv[2], "utf8"), ids = {};
const body = page.slice(page.indexOf("<body>"), page.indexOf('<script id="data"'));
for (const [, tag, rest, id] of body.matchAll(/<(\w+)\s([^>]*?)id="([\w-]+)"/g)) ids[id] = Object.assign(new Element(tag), { id });
const scripts = [...page.matchAll(/<script ([^>]*)>([^]*?)<\/script>/g)];
ids.data = new Element("script");
ids.data.textContent = scripts[0][2];
const document = new Element("document");
Object.assign(document, {
  activeElement: null,
  getElementById: id => { if (!ids[id]) throw new Error("no element " + id); return ids[id]; },
  createElement: tag => new Element(tag),
  createElementNS: (space, tag) => new Element(tag)
});
/* Time stands still while a step is made, and then goes on until nothing is waited for. */
const waiting = new Map();
let timers = 0;
function setTimeout(call) { waiting.set(++timers, call); return timers; }
function clearTimeout(timer) { waiting.delete(timer); }
function goOn() { while (waiting.size) { const [timer, call] = [...waiting][0]; waiting.delete(timer); call(); } }
vm.runInNewContext(scripts[1][2], { document, setTimeout, clearTimeout, JSON, Math, Map, Set, Number, String, RegExp, Float64Array, Object, Array });

function shown() {
  const frames = !ids.graph ? [] : ids.graph.children.map(e => ({
    label: e.attributes["aria-label"], level: Number(e.attributes["aria-level"]), text: e.textContent, classes: e.className.split(" "),
    left: parseFloat(e.style.left), width: parseFloat(e.style.width), top: parseFloat(e.style.top), focus: e.tabIndex === 0
  }));
  const texts = {};
  for (const id in ids) if (id !== "data") texts[id] = ids[id].hidden ? "" : ids[id].textContent;
  return { frames, texts, drawn: ids.graph ? ids.graph.drawn : 0, searches: ids.found ? ids.found.told || 0 : 0, graphHidden: !!(ids.graph && ids.graph.hidden), timeHidden: ids.time ? ids.time.hidden : null, active: document.activeElement && document.activeElement.attributes["aria-label"] };
}

const answers = [shown()];
for (const [what, id, value] of JSON.parse(fs.readFileSync(0, "utf8"))) {
  const element = ids[id];
  if (what === "set") { element.value = value; element.fire(element.tag === "input" ? "input" : "change"); }
  else if (what === "type") { for (let n = 1; n <= value.length; n++) { element.value = value.slice(0, n); element.fire("input"); } }
  else if (what === "check") { element.checked = value; element.fire("change"); }
  else if (what === "press") element.fire("click");
  else if (what === "click") ids.graph.children.find(e => e.attributes["aria-label"].startsWith(id)).fire("click");
  else if (what === "key") ids.graph.fire("keydown", { key: id });
  else if (what === "document-key") document.fire("keydown", { key: id });
  else throw new Error("what is " + what);
  goOn();
  answers.push(shown());
}
console.log(JSON.stringify(answers));
