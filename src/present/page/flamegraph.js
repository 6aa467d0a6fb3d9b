/* The flame graph. The data (see present/flamegraph.c): frames; two trees, the calls and the upside-down one,
 * as columns in which a parent comes before its children; and what changed at their nodes between the times. */
const SMALLER = -1; /* the frame of what was left out */
const ROW = 20, NARROWEST = 0.0012, TEXT_WIDTH = 0.012, SEARCH_REST = 150; /* ms without a key */

/* A child of a frame, new or old. */
function childOf(parent, frame) {
  let child = parent.children.get(frame);
  if (!child) {
    child = { frame, parent, children: new Map(), own: 0, total: 0 };
    parent.children.set(frame, child);
  }
  return child;
}

/* The tree that is shown: hidden frames count at their caller, equal frames below one caller are one. */
function buildTree(tree, own, rest, isHidden) {
  const root = { frame: 0, parent: null, children: new Map(), own: 0, total: 0 };
  const places = [root], order = [root];
  for (let i = 0; i < tree.parent.length; i++) {
    if (i) {
      const above = places[tree.parent[i]], before = above.children.size;
      places[i] = isHidden(tree.frame[i]) ? above : childOf(above, tree.frame[i]);
      if (above.children.size > before) order.push(places[i]);
    }
    places[i].own += own[i];
    if (rest && rest[i] > 0) {
      const before = places[i].children.size, smaller = childOf(places[i], SMALLER);
      if (places[i].children.size > before) order.push(smaller);
      smaller.own += rest[i];
    }
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    node.total += node.own;
    if (node.parent) node.parent.total += node.total;
    node.sorted = [...node.children.values()].filter(child => child.total > 0)
      .sort((a, b) => (a.frame === SMALLER) - (b.frame === SMALLER) || b.total - a.total || a.frame - b.frame);
  }
  return root;
}

/* What came to be held at each node between two times, by number; from -1: all that was held. */
function heldBetween(tree, from, to) {
  const before = new Float64Array(tree.parent.length), now = new Float64Array(tree.parent.length);
  for (let t = 0; t <= to && t < tree.changes.length; t++) {
    const change = tree.changes[t];
    for (let i = 0; i < change.length; i += 2) {
      now[change[i]] += change[i + 1];
      if (t <= from) before[change[i]] += change[i + 1];
    }
  }
  return now.map((bytes, i) => Math.max(bytes - before[i], 0));
}

/* Boxes of what is to be drawn: the callers of `zoomed` above it, what it called below. */
function layOut(zoomed, narrowest) {
  const boxes = [], above = [];
  for (let node = zoomed.parent; node; node = node.parent) above.unshift(node);
  above.forEach((node, depth) => boxes.push({ node, depth, left: 0, width: 1, above: true }));
  const left = [{ node: zoomed, depth: above.length, left: 0, width: 1, above: false }];
  while (left.length) {
    const box = left.pop();
    boxes.push(box);
    let at = box.left;
    const below = [];
    for (const child of box.node.sorted) {
      const width = zoomed.total > 0 ? child.total / zoomed.total : 0;
      if (width < narrowest) continue;
      below.push({ node: child, depth: box.depth + 1, left: at, width, above: false });
      at += width;
    }
    left.push(...below.reverse());
  }
  return boxes;
}

/* What matches in a tree: bytes of the outermost frames that do, so that none counts twice. */
function matchedBytes(root, matches) {
  let sum = 0;
  const left = [root];
  while (left.length) {
    const node = left.pop();
    if (node.frame > 0 && matches(node.frame)) sum += node.total;
    else left.push(...node.sorted);
  }
  return sum;
}

/* A pattern that is no regular expression is searched as it stands. */
function makeMatcher(text, frames) {
  if (!text) return null;
  let pattern;
  try { pattern = new RegExp(text, "i"); } catch (error) { pattern = null; }
  const known = new Map(), lower = text.toLowerCase();
  return frame => {
    if (!known.has(frame)) {
      const words = frames[frame].name + " " + frames[frame].place;
      known.set(frame, pattern ? pattern.test(words) : words.toLowerCase().includes(lower));
    }
    return known.get(frame);
  };
}

function start(data) {
  const at = id => document.getElementById(id);
  const readFrames = rows => rows.map(([kind, name, file, line, isImport, binary]) => ({
    kind, name, isImport: !!isImport, isNative: kind === "malloc" || kind === "mmap" || kind === "native",
    place: (file ? (line ? file + ":" + line : file) : "") + (binary ? "  " + binary : "")
  }));
  const framesOf = { calls: readFrames(data.frames), inverted: readFrames(data.invertedFrames) };
  let frames = framesOf.calls;
  const view = { root: null, zoomed: null, focus: null, elements: new Map(), matcher: null, searching: 0 };

  function isHidden(frame) {
    return frame > 0 && ((at("imports").checked && frames[frame].isImport) ||
                         (at("native").checked && frames[frame].isNative));
  }

  function rebuild() {
    const which = at("inverted").checked ? "inverted" : "calls", tree = data[which], measure = at("measure").value;
    frames = framesOf[which];
    view.matcher = makeMatcher(at("search").value, frames);
    const byTime = measure === "held";
    at("time").hidden = !byTime;
    const own = byTime ? heldBetween(tree, Number(at("from").value) - 1, Number(at("to").value)) : tree.own[measure];
    view.root = buildTree(tree, own, byTime || !tree.rest ? null : tree.rest[measure], isHidden);
    view.zoomed = view.focus = view.root;
    if (byTime) drawCurve();
    draw();
  }

  function nameOf(node) {
    if (node.frame === SMALLER) return "(smaller places)";
    return node.parent ? frames[node.frame].name : "all";
  }

  function describe(node) {
    const place = node.frame > 0 ? frames[node.frame].place : "";
    let text = nameOf(node) + (place ? "  " + place : "") + "\n" + formatEstimate(node.total, data.sample) + ", " +
      formatShare(node.total, view.root.total) + " of all";
    if (view.zoomed !== view.root) text += ", " + formatShare(node.total, view.zoomed.total) + " of what is shown";
    if (node.own > 0 && !at("inverted").checked) text += "; " + formatEstimate(node.own, data.sample) + " its own";
    return text;
  }

  function isMatch(node) {
    return node.frame > 0 && view.matcher !== null && view.matcher(node.frame);
  }

  function makeElement(box) {
    const node = box.node, made = document.createElement("div"), frame = node.frame > 0 ? frames[node.frame] : null;
    const classes = ["frame"];
    if (node.frame === SMALLER) classes.push("smaller");
    else if (frame) {
      if (frame.kind === "process") classes.push("process");
      else if (frame.isNative) classes.push("native");
      else if (frame.isImport) classes.push("import");
      else if (node.frame % 2) classes.push("odd");
      if (isMatch(node)) classes.push("match");
    }
    if (box.above) classes.push("above");
    made.className = classes.join(" ");
    made.style.left = 100 * box.left + "%";
    made.style.width = 100 * box.width + "%";
    made.style.top = ROW * box.depth + "px";
    if (box.width >= TEXT_WIDTH) made.textContent = nameOf(node);
    made.setAttribute("role", "treeitem");
    made.setAttribute("aria-level", String(box.depth + 1));
    made.setAttribute("aria-label", describe(node).replace("\n", ", "));
    made.tabIndex = node === view.focus ? 0 : -1;
    made.addEventListener("click", () => zoom(node));
    made.addEventListener("focus", () => setFocus(node));
    made.addEventListener("mouseenter", () => { at("details").textContent = describe(node); });
    return made;
  }

  function draw() {
    const boxes = layOut(view.zoomed, NARROWEST), graph = at("graph");
    view.elements = new Map();
    graph.replaceChildren(...boxes.map(box => {
      const made = makeElement(box);
      view.elements.set(box.node, made);
      return made;
    }));
    graph.style.height = ROW * (1 + Math.max(...boxes.map(box => box.depth))) + "px";
    tellNothing();
    tellFound();
  }

  /* Without a byte there is no frame to look at. */
  function tellNothing() {
    const nothing = view.root.total === 0, measure = at("measure").value;
    const measures = data.measures.filter(([word]) => word !== "held");
    const all = nothing && measures.every(([word]) => data.calls.own[word].every(bytes => bytes === 0));
    at("empty").hidden = !nothing;
    at("graph").hidden = nothing;
    if (!nothing) at("empty").textContent = "";
    else if (all) at("empty").textContent = "There is nothing here: no block was noted, or none of those that were asked for.";
    else at("empty").textContent = data.measures.find(([word]) => word === measure)[2];
  }

  function tellFound() {
    const found = at("found");
    if (!view.matcher) found.textContent = "";
    else {
      const bytes = matchedBytes(view.zoomed, view.matcher);
      found.textContent = formatShare(bytes, view.zoomed.total) + " matched (" + formatEstimate(bytes, data.sample) + ")";
    }
  }

  function setFocus(node) {
    const old = view.elements.get(view.focus), next = view.elements.get(node);
    if (!next) return;
    if (old) old.tabIndex = -1;
    view.focus = node;
    next.tabIndex = 0;
    at("details").textContent = describe(node);
  }

  function zoom(node) {
    if (node.frame === SMALLER) return;
    view.zoomed = view.focus = node;
    draw();
    view.elements.get(node).focus();
  }

  function neighbour(step) {
    const parent = view.focus.parent;
    if (!parent) return null;
    const shown = parent.sorted.filter(node => view.elements.has(node));
    return shown[shown.indexOf(view.focus) + step];
  }

  function onKey(event) {
    let next = null;
    if (event.key === "ArrowDown") next = view.focus.sorted.find(node => view.elements.has(node));
    else if (event.key === "ArrowUp") next = view.focus.parent;
    else if (event.key === "ArrowLeft") next = neighbour(-1);
    else if (event.key === "ArrowRight") next = neighbour(1);
    else if (event.key === "Enter" || event.key === " ") { event.preventDefault(); return zoom(view.focus); }
    else if (event.key === "Home" || event.key === "Escape") { event.preventDefault(); return zoom(view.root); }
    else return;
    event.preventDefault();
    if (next) { setFocus(next); view.elements.get(next).focus(); }
  }

  function drawCurve() {
    const curve = at("curve"), most = Math.max(1, ...data.live), length = data.times[data.times.length - 1];
    const x = i => i >= 0 && length > 0 ? 1000 * data.times[i] / length : 0; /* steps are not equally long */
    let path = "M0 100";
    data.live.forEach((bytes, i) => { path += " L" + x(i) + " " + (100 - 95 * bytes / most); });
    const from = Number(at("from").value), to = Number(at("to").value);
    curve.replaceChildren(
      svg("path", { class: "area", d: path + " L1000 100 Z" }),
      svg("rect", { class: "chosen", x: x(from - 1), y: 0, width: Math.max(x(to) - x(from - 1), 1), height: 100 }));
    at("from-text").textContent = from ? formatSeconds(data.times[from - 1]) : "the start";
    at("to-text").textContent = formatSeconds(data.times[to]);
  }

  function slide(moved) {
    const from = at("from"), to = at("to");
    if (Number(from.value) > Number(to.value)) {
      if (moved === "from") to.value = from.value; else from.value = to.value;
    }
    rebuild();
  }

  /* Frames stay where they are: only what matches changes. */
  function search() {
    clearTimeout(view.searching);
    view.matcher = makeMatcher(at("search").value, frames);
    for (const [node, element] of view.elements) {
      const classes = element.className.split(" ").filter(word => word !== "match");
      if (isMatch(node)) classes.push("match");
      element.className = classes.join(" ");
    }
    tellFound();
  }

  /* Large pages take longer than a key: who types is waited for. */
  function searchSoon() {
    clearTimeout(view.searching);
    view.searching = setTimeout(search, SEARCH_REST);
  }

  at("title").textContent = data.title;
  at("about").textContent = data.about;
  at("left-out").textContent = data.leftOut;
  for (const [value, text] of data.measures) {
    const option = document.createElement("option");
    option.value = value;
    option.textContent = text;
    at("measure").append(option);
  }
  at("measure").value = data.shown;
  if (data.times.length) at("from").max = at("to").max = at("to").value = data.times.length - 1;
  for (const id of ["measure", "inverted", "imports", "native"]) at(id).addEventListener("change", rebuild);
  for (const id of ["from", "to"]) at(id).addEventListener("input", () => slide(id));
  at("search").addEventListener("input", searchSoon);
  at("search").addEventListener("change", search); /* Enter, or the field is left */
  at("reset").addEventListener("click", () => zoom(view.root));
  at("graph").addEventListener("keydown", onKey);
  for (const id of ["controls"]) at(id).addEventListener("submit", event => event.preventDefault());
  document.addEventListener("keydown", event => {
    if (event.key === "/" && event.target !== at("search")) { event.preventDefault(); at("search").focus(); }
  });
  rebuild();
}

start(JSON.parse(document.getElementById("data").textContent));
