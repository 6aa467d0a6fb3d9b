"use strict";
/* What the pages of holdfast have in common. Names come from a traced program: they are texts, never markup. */
function formatBytes(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0, sign = bytes < 0 ? "-" : "";
  bytes = Math.abs(bytes);
  while (bytes >= 1024 && unit < units.length - 1) { bytes /= 1024; unit++; }
  return sign + (unit ? bytes.toFixed(1) : Math.round(bytes)) + " " + units[unit];
}

/* A number of a sampled run, `sample` bytes from block to block, with its range: 95 of 100 are so near. */
function formatEstimate(bytes, sample) {
  return formatBytes(bytes) + (sample && bytes ? " ± " + formatBytes(1.96 * Math.sqrt(bytes * sample)) : "");
}

function formatShare(part, whole) {
  return whole > 0 ? (100 * part / whole).toFixed(1) + "%" : "-";
}

function formatSeconds(seconds) {
  if (seconds < 120) return seconds.toFixed(seconds < 10 ? 2 : 1) + " s";
  return Math.floor(seconds / 60) + "m " + Math.round(seconds % 60) + "s";
}

function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  return made;
}
