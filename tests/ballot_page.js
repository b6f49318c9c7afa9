// A page without a browser, just enough of one for the ballot: elements by id, listeners, a clock that is moved by
// hand, a memory. Reads a page and a list of steps from standard input, prints what came of them.
"use strict";
const {page, steps, memory, forgetful} = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const script = (id) => page.match(new RegExp(`<script[^>]*id="${id}"[^>]*>([\\s\\S]*?)</script>`))[1];

let now = 1e6;
const timers = new Map();
const made = [];
let saved = null, problems = [];

class Element {
  constructor(tag, id = "") {
    Object.assign(this, {tag, id, tagName: tag.toUpperCase(), listeners: {}, hidden: false, disabled: false, value: "1",
                         textContent: "", children: [], paused: true, plays: 0, classes: new Set()});
    this.classList = {add: (name) => this.classes.add(name), remove: (name) => this.classes.delete(name)};
  }
  addEventListener(kind, act) { (this.listeners[kind] ||= []).push(act); }
  fire(kind, event = {}) { if (!this.disabled) for (const act of this.listeners[kind] || []) act({target: this, preventDefault() {}, ...event}); }
  click() { if (this.tag === "a") saved = {name: this.download, text: this.href}; else this.fire("click"); }
  focus() { document.activeElement = this; }
  replaceChildren(...children) { this.children = children; }
  removeAttribute(name) { delete this[name]; }
  play() { this.paused = false; this.plays += 1; }
  pause() { this.paused = true; }
}

const byId = {};
for (const [, tag, id] of page.matchAll(/<(\w+)[^>]*\bid="(\w+)"/g)) byId[id] = new Element(tag, id);
for (const [, id] of page.matchAll(/<\w+[^>]*\bid="(\w+)"[^>]*\bhidden\b/g)) byId[id].hidden = true;
byId.ballot.textContent = script("ballot");

globalThis.document = Object.assign(new Element("document"), {
  getElementById: (id) => byId[id] || problems.push(`no element ${id}`),
  createElement: (tag) => { const one = new Element(tag); made.push(one); return one; },
});
globalThis.localStorage = {
  setItem(key, value) { if (forgetful) throw new Error("no"); memory[key] = value; },
  getItem: (key) => memory[key] ?? null,
  removeItem: (key) => { delete memory[key]; },
};
globalThis.Blob = class { constructor(parts) { this.text = parts.join(""); } };
globalThis.URL = {createObjectURL: (blob) => blob.text};
globalThis.confirm = () => true;
globalThis.setTimeout = (act, wait) => { timers.set(timers.size + 1, {act, at: now + wait}); return timers.size; };
globalThis.clearTimeout = (which) => timers.delete(which);
Date.now = () => now;

(0, eval)(script("logic") + script("page")); // one, for a strict script keeps its functions to itself

const films = () => [0, 1].map((side) => byId[`stage${side}`].children[0]);
const plays = (film) => Boolean(film) && (film.tag === "video" ? !film.paused : Boolean(film.src));
const told = [];
const acts = {
  click: (id) => byId[id].click(),
  key: (key, more) => document.fire("keydown", {key, target: byId.vote, ...more}),
  end: () => { const film = films().find(plays); film.paused = true; film.fire("ended"); },
  wait: (ms) => {
    now += ms;
    for (const [which, timer] of [...timers]) if (timer.at <= now && timers.delete(which)) timer.act();
  },
  volume: (value) => { byId.volume.value = value; byId.volume.fire("input"); },
  look: () => told.push({
    screen: ["intro", "vote", "end"].filter((id) => !byId[id].hidden), count: byId.count.textContent,
    bar: byId.bar.value, status: byId.status.textContent, start: byId.start.textContent, forgets: !byId.forgets.hidden,
    disabled: ["left", "none", "right", "back"].filter((id) => byId[id].disabled), title: byId.title.textContent,
    files: films().map((film) => film && film.src), plays: films().map(plays), volume: films().map((film) => film && film.volume),
  }),
};
for (const [act, ...args] of steps) {
  acts[act](...args);
  if (made.filter(plays).length > 1) problems.push(`two films play after ${act} ${args}`);
}
console.log(JSON.stringify({told, memory, saved, problems, text: byId.text.value}));
