/* Memory over time. The data (see present/plot.c): times, what was held and resident then, in all and of each process. */
function start(data) {
  const at = id => document.getElementById(id), count = data.times.length;
  const length = count ? data.times[count - 1] : 0;
  const most = Math.max(1, ...data.live, ...data.resident);
  const x = i => length > 0 ? 1000 * data.times[i] / length : 0;
  const y = bytes => 340 - 320 * bytes / most;

  function path(values, closed) {
    let text = closed ? "M0 340" : "";
    values.forEach((bytes, i) => { text += (text ? " L" : "M") + x(i).toFixed(2) + " " + y(bytes).toFixed(2); });
    return closed ? text + " L1000 340 Z" : text;
  }

  const marker = svg("line", { class: "curve", y1: 0, y2: 340 });
  const picture = svg("svg", { viewBox: "0 0 1000 340", preserveAspectRatio: "none", role: "img" });
  picture.setAttribute("aria-label", data.about);
  for (let i = 1; i < 4; i++) picture.append(svg("line", { class: "grid", x1: 0, x2: 1000, y1: 340 - 80 * i, y2: 340 - 80 * i }));
  picture.append(svg("path", { class: "area", d: path(data.live, true) }));
  if (data.resident.length) picture.append(svg("path", { class: "curve", d: path(data.resident, false) }));
  picture.append(marker);
  at("plot").append(picture);
  for (let i = 1; i <= 4 && count; i++) { /* the heights of the lines, and of the largest number */
    const label = document.createElement("span");
    label.className = "scale";
    label.style.top = y(most * i / 4) + "px";
    label.textContent = formatBytes(most * i / 4);
    at("plot").append(label);
  }
  at("title").textContent = data.title;
  at("about").textContent = data.about;
  at("legend").append(legend("area-key", "allocated and not freed"));
  if (data.resident.length) at("legend").append(legend("curve-key", "resident, as the kernel counts it"));

  function legend(key, text) {
    const made = document.createElement("span"), mark = document.createElement("span");
    mark.className = "key " + key;
    made.append(mark, text);
    return made;
  }

  function row(live, resident, name) {
    const made = document.createElement("tr");
    for (const text of [formatEstimate(live, data.sample), resident === undefined ? "-" : formatBytes(resident), name]) {
      const cell = document.createElement("td");
      cell.textContent = text;
      made.append(cell);
    }
    return made;
  }

  function show(i) {
    if (!count) return;
    marker.setAttribute("x1", x(i));
    marker.setAttribute("x2", x(i));
    at("when-text").textContent = formatSeconds(data.times[i]);
    at("rows").replaceChildren(
      ...data.processes.map(process => row(process.live[i], process.resident[i], process.name)),
      row(data.live[i], data.resident[i], "all"));
  }

  at("when").max = Math.max(count - 1, 0);
  at("when").value = data.peak;
  at("when").addEventListener("input", () => show(Number(at("when").value)));
  picture.addEventListener("mousemove", event => {
    const box = picture.getBoundingClientRect(), time = length * (event.clientX - box.left) / box.width;
    let nearest = 0;
    data.times.forEach((t, i) => { if (Math.abs(t - time) < Math.abs(data.times[nearest] - time)) nearest = i; });
    at("when").value = nearest;
    show(nearest);
  });
  show(data.peak);
}

start(JSON.parse(document.getElementById("data").textContent));
