"use strict";
// Everything that is shown comes through textContent or attributes of numbers: names in a run are not trusted.
const $ = (id) => document.getElementById(id);
const query = location.search; // may hold the token
const state = { recipe: {}, events: [], live: null, result: null, stop: false, rates: [], latencies: [], heard: 0 };
const MOST_POINTS = 600;

function number(x, digits = 3) {
  if (!Number.isFinite(x)) return "–";
  const size = Math.abs(x);
  return size >= 1e9 || (size > 0 && size < 1e-6) ? x.toExponential(digits - 1) : Number(x.toPrecision(digits)).toLocaleString("en");
}
function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
}
function svg(name, attributes = {}, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return node;
}
function element(name, className, text = "") {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.textContent = text;
  return node;
}

// ---- what has come

function take(news) {
  if (news.restarted) Object.assign(state, { events: [], rates: [], latencies: [] });
  if (news.recipe) state.recipe = news.recipe;
  if (news.result) state.result = news.result;
  if ("stop" in news) state.stop = news.stop;
  if (news.metrics) state.events.push(...news.metrics);
  if (news.live) safely(() => takeLive(news.live));
  state.heard = Date.now();
  draw();
}
// Files of a run hold anything: what cannot be drawn is left as it was, and the rest is drawn.
function safely(draws) {
  try {
    draws();
  } catch (error) {
    console.warn(error);
  }
}
function takeLive(live) {
  state.live = live;
  const mean = (v) => v.reduce((a, b) => a + b, 0) / v.length;
  if (live.rate_hz?.length) push(state.rates, [live.unix_s, mean(live.rate_hz)]);
  if (live.latency_ms) push(state.latencies, [live.unix_s, live.latency_ms.p50, live.latency_ms.p99]);
}
function push(list, point) {
  list.push(point);
  if (list.length > MOST_POINTS) list.shift();
}

// ---- state of the run

function phase() {
  const last = [...state.events].reverse().find((e) => ["start", "end", "interrupted", "stopped", "failed"].includes(e.event));
  if (state.result || last?.event === "end") return ["finished", "good"];
  if (last?.event === "failed") return ["failed", "bad"];
  if (last?.event === "stopped" || last?.event === "interrupted") return ["stopped", "open"];
  if (!last) return ["waiting", "even"];
  return state.stop ? ["stopping", "open"] : ["running", "even"];
}
function draw() {
  safely(drawHead);
  safely(() => drawRaster(state.live?.raster));
  const t0 = state.rates[0]?.[0] ?? 0;
  safely(() => plot($("rates"), [{ name: "detections per second", points: state.rates.map(([t, v]) => [t - t0, v]) }], "s"));
  const l0 = state.latencies[0]?.[0] ?? 0;
  safely(() => plot($("latency-plot"), [
    { name: "median", points: state.latencies.map((p) => [p[0] - l0, p[1]]) },
    { name: "99 %", points: state.latencies.map((p) => [p[0] - l0, p[2]]) },
  ], "s"));
  safely(drawScores);
  safely(() => plot($("learning"), series("taught", "score"), "symbols taught"));
  const loss = series("taught", "loss");
  safely(() => plot($("loss"), loss.length ? loss : series("elapsed_s", "loss"), loss.length ? "symbols taught" : "s"));
  safely(() => drawDose(state.live?.dose ?? []));
  safely(drawEvents);
}
function drawHead() {
  const [word, tone] = phase();
  const last = state.events.at(-1) ?? {};
  const fractions = state.events.slice(-200).map((e) => (Number.isFinite(e.fraction) ? e.fraction : 0));
  const fraction = word === "finished" ? 1 : Math.min(1, Math.max(0, ...fractions));
  $("head").className = `verdict ${tone}`;
  $("word").textContent = word;
  $("title").textContent = state.recipe.recipe ? `brainwright run ${state.recipe.recipe}` : "Waiting for the run";
  document.title = `${Math.round(100 * fraction)} % ${word}: ${state.recipe.recipe ?? "brainwright watch"}`;
  const verdict = state.result?.primary?.verdict;
  const failure = [...state.events].reverse().find((e) => e.error)?.error;
  $("stage").textContent = verdict ? `Verdict: ${verdict}. The whole story is in report.html.`
    : word === "failed" ? failure ?? "" : state.live?.stage && word === "running" ? state.live.stage : last.stage ?? "";
  $("progress").firstElementChild.style.width = `${100 * fraction}%`;
  $("progress").setAttribute("aria-valuenow", Math.round(100 * fraction));
  $("elapsed").textContent = last.elapsed_s === undefined ? "–" : span(last.elapsed_s);
  $("done").textContent = state.events.length ? `${Math.round(100 * fraction)} %` : "–";
  const live = state.live;
  $("tissue").textContent = live?.tissue_s === undefined ? "–" : `${number(live.tissue_s, 4)} s`;
  $("rate").textContent = state.rates.length ? `${number(state.rates.at(-1)[1])} /s` : "–";
  $("latency").textContent = live?.latency_ms ? `${number(live.latency_ms.p50)} ms` : "–";
  $("latencies").textContent = live?.latency_ms ? `99 %: ${number(live.latency_ms.p99)} ms` : "";
  const stoppable = word === "running" || word === "waiting";
  $("stop").disabled = !stoppable || !state.events.length;
}
function series(x, y) {
  const found = new Map();
  for (const e of state.events) {
    if (!Number.isFinite(e[x]) || !Number.isFinite(e[y])) continue;
    const name = String(e.arm ?? e.stage ?? y);
    if (!found.has(name)) found.set(name, []);
    found.get(name).push([e[x], e[y]]);
  }
  return [...found].slice(-6).map(([name, points]) => ({ name, points }));
}

// ---- pictures

function drawRaster(raster) {
  const canvas = $("raster"), scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.dataset.spikes = raster ? raster.channel.length : 0;
  if (!raster) return;
  const style = getComputedStyle(document.documentElement);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const left = 34, bottom = 20, w = width - left - 6, h = height - bottom - 6;
  pen.fillStyle = style.getPropertyValue("--soft");
  pen.font = "12px system-ui, sans-serif";
  pen.textAlign = "right";
  pen.fillText(String(raster.n_channels - 1), left - 6, 14);
  pen.fillText("0", left - 6, 6 + h);
  pen.textAlign = "left";
  pen.fillText(`${number(raster.start_s, 5)} s`, left, height - 5);
  pen.textAlign = "right";
  pen.fillText(`${number(raster.stop_s, 5)} s`, width - 6, height - 5);
  pen.fillStyle = style.getPropertyValue("--line");
  pen.fillRect(left, 6 + h, w, 1);
  pen.fillStyle = style.getPropertyValue("--accent");
  const row = h / raster.n_channels, length = raster.stop_s - raster.start_s || 1;
  for (let i = 0; i < raster.channel.length; i++) {
    const x = left + ((raster.time_s[i] - raster.start_s) / length) * w;
    pen.fillRect(x, 6 + h - (raster.channel[i] + 1) * row, 1.5, Math.max(1.5, row - 1));
  }
  $("raster-note").textContent =
    `Every detection of one dish in its last ${number(length)} s, channel 0 at the bottom: ${raster.channel.length} spikes.`;
}
const within = (v) => Math.max(-1e300, Math.min(1e300, v)); // so that a difference of two is still a number
function extent(values) { // not Math.min(...values), which takes a hundred thousand arguments at most
  let [low, high] = [Infinity, -Infinity];
  for (const v of values) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return [low, high];
}
const apart = ([low, high]) => [low, high === low ? low + Math.max(1, Math.abs(low)) : high];
function ticks(low, high) {
  const rough = (high - low) / 3, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const found = [];
  if (!(step > 0 && Number.isFinite(step))) return found;
  const first = Math.ceil(low / step); // counted, as t + step is t where values are large and close together
  for (let i = 0; i < 5; i++) if ((first + i) * step <= high + 1e-9 * step) found.push((first + i) * step);
  return found;
}
function plot(box, lines, unit) {
  lines = lines.map((line) => ({
    name: line.name,
    points: line.points.filter((p) => p.every(Number.isFinite)).map((p) => p.map(within)),
  })).filter((line, _, all) => line.points.length || all.length === 1);
  const points = lines.flatMap((l) => l.points);
  const picture = svg("svg", { viewBox: "0 0 420 208", role: "img" });
  if (!points.length) {
    picture.append(svg("text", { x: 210, y: 100, "text-anchor": "middle", class: "none" }, "nothing yet"));
    box.replaceChildren(picture);
    return;
  }
  const [least, most] = extent(points.map((p) => p[1]));
  const [x0, x1] = apart(extent(points.map((p) => p[0]))), [y0, y1] = apart([Math.min(0, least), most]);
  const px = (x) => 46 + ((x - x0) / (x1 - x0)) * 350, py = (y) => 170 - ((y - y0) / (y1 - y0)) * 158;
  for (const t of ticks(y0, y1)) {
    picture.append(svg("line", { x1: 46, x2: 400, y1: py(t), y2: py(t), class: "grid" }));
    picture.append(svg("text", { x: 40, y: py(t) + 4, "text-anchor": "end" }, number(t)));
  }
  for (const t of ticks(x0, x1))
    picture.append(svg("text", { x: px(t), y: 186, "text-anchor": "middle" }, number(t)));
  picture.append(svg("text", { x: 400, y: 204, "text-anchor": "end" }, unit));
  lines.forEach((line, i) => {
    const path = line.points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`);
    picture.append(line.points.length === 1
      ? svg("path", { d: `M${path[0]} h0.01`, class: `dot l${i % 6}` })
      : svg("polyline", { points: path.join(" "), class: `line l${i % 6}` }));
  });
  const parts = [picture];
  if (lines.length > 1) {
    const keys = element("div", "keys");
    lines.forEach((line, i) => {
      const key = element("span");
      key.append(element("i", `l${i % 6}`), line.name);
      keys.append(key);
    });
    parts.push(keys);
  }
  box.replaceChildren(...parts);
}
function drawScores() {
  const scores = new Map();
  for (const e of state.events) if (e.unit && Number.isFinite(e.score)) scores.set(String(e.unit), e.score);
  const box = $("scores");
  box.hidden = !scores.size;
  if (!scores.size) return;
  $("scores-note").textContent = "Finished units of work with a score, mean over dishes; the report has spread and controls.";
  for (const [name, score] of scores) scores.set(name, within(score));
  const [least, most] = extent(scores.values()), low = Math.min(0, least), high = Math.max(most, 1e-9);
  const picture = svg("svg", { viewBox: `0 0 840 ${scores.size * 22 + 6}`, role: "img" });
  let y = 16;
  for (const [name, score] of scores) {
    const x = (v) => 230 + ((v - low) / (high - low)) * 540;
    picture.append(svg("text", { x: 220, y, "text-anchor": "end" }, name));
    picture.append(svg("line", { x1: x(0), x2: x(0), y1: y - 14, y2: y + 8, class: "grid" }));
    picture.append(svg("line", { x1: x(0), x2: x(score), y1: y - 4, y2: y - 4, class: "line l0" }));
    picture.append(svg("path", { d: `M${x(score)},${y - 4} h0.01`, class: "dot l0" }));
    picture.append(svg("text", { x: x(score) + 10, y }, number(score)));
    y += 22;
  }
  box.replaceChildren(picture);
}
function drawDose(dose) {
  if (!dose.length) return;
  $("dose-note").textContent = "What the fullest dish was given in its last minute, and what it may be given.";
  $("dose").replaceChildren(...dose.map((d) => {
    const part = element("div", "dose"), words = element("p"), bar = element("div", "bar"), fill = element("span");
    const share = d.of > 0 ? d.used / d.of : 0;
    words.append(element("span", "", String(d.limit)), element("span", "", `${number(d.used, 4)} of ${number(d.of, 4)}`));
    fill.style.width = `${Math.min(100, 100 * share)}%`;
    bar.classList.toggle("full", share > 0.9);
    bar.append(fill);
    part.append(words, bar);
    return part;
  }));
}
function drawEvents() {
  const plain = (v) => (typeof v === "number" ? number(v, 4) : typeof v === "object" ? JSON.stringify(v) : String(v));
  $("events").replaceChildren(...state.events.slice(-10).reverse().map((e) => {
    const row = element("tr");
    const { elapsed_s, stage, fraction, ...rest } = e;
    row.append(element("td", "number", elapsed_s === undefined ? "" : span(elapsed_s)), element("td", "", stage ?? ""));
    row.append(element("td", "small", Object.entries(rest).map(([k, v]) => `${k} ${plain(v)}`).join(" · ")));
    return row;
  }));
}

// ---- the stop button: two clicks, so that a slip stops nothing

let armed = 0;
$("stop").addEventListener("click", async () => {
  const button = $("stop");
  if (!armed) {
    button.textContent = "Really stop?";
    button.classList.add("sure");
    armed = setTimeout(disarm, 5000);
    return;
  }
  disarm();
  const answer = await fetch(`/stop${query}`, { method: "POST" }).catch(() => null);
  const problem = answer === null ? "no connection" : answer.ok ? null : await answer.text();
  $("said").textContent = problem === null
    ? "Asked. What is finished is kept; the run ends within about a second of its next step."
    : `Could not ask: ${problem}`;
});
function disarm() {
  clearTimeout(armed);
  armed = 0;
  $("stop").textContent = "Stop the run";
  $("stop").classList.remove("sure");
}

const source = new EventSource(`/events${query}`);
source.onmessage = (message) => take(JSON.parse(message.data));
source.onopen = () => Object.assign(state, { events: [], rates: [], latencies: [] });
source.onerror = () => { $("stage").textContent = "No connection to brainwright watch; trying again."; };
window.addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
