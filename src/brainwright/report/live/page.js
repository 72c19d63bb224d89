"use strict";
// Everything that is shown comes through textContent or attributes of numbers: names in a run are not trusted.
const $ = (id) => document.getElementById(id);
const query = location.search; // may hold the token
const state = { recipe: {}, events: [], live: null, result: null, stop: false, rates: [], latencies: [] };
const MOST_POINTS = 600;
const MOST_LINES = 6, COLOURS = 8, MOST_BARS = 24; // more could not be told apart, or would fill the screen
const TONES = { supported: "good", "no difference": "even", against: "bad", "cannot tell": "open" };

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
// The last start knows the time of day, and which arm is compared with which.
function begun() {
  return [...state.events].reverse().find((e) => e.event === "start") ?? {};
}
const main = () => (Array.isArray(begun().main) ? begun().main.map(String) : []);
function elapsed() {
  const last = state.events.at(-1)?.elapsed_s, start = begun();
  if (!["running", "stopping"].includes(phase()[0]) || !Number.isFinite(start.unix_s)) return last;
  return Math.max(last, start.elapsed_s + Date.now() / 1000 - start.unix_s);
}
// At the pace of this session: what an earlier one had finished cost it nothing.
function left() {
  const start = begun(), told = state.events.slice(state.events.indexOf(start)).filter((e) => Number.isFinite(e.fraction));
  const first = start.elapsed_s ? told[0] : { elapsed_s: 0, fraction: 0 }, last = told.at(-1);
  if (phase()[0] !== "running" || !last || !(last.fraction > first.fraction)) return undefined;
  const pace = (last.elapsed_s - first.elapsed_s) / (last.fraction - first.fraction);
  return pace * (1 - Math.min(1, last.fraction)) - (elapsed() - last.elapsed_s);
}
function tick() {
  const [now, then] = [elapsed(), left()];
  $("elapsed").textContent = Number.isFinite(now) ? span(now) : "–";
  $("left").textContent = Number.isFinite(then) ? span(then) : "–";
  $("left").closest("div").hidden = phase()[0] === "finished";
}
function draw() {
  safely(drawHead);
  safely(drawFound);
  safely(() => drawRaster(state.live?.raster));
  const t0 = state.rates[0]?.[0] ?? 0;
  safely(() => plot($("rates"), [{ name: "detections per second", points: state.rates.map(([t, v]) => [t - t0, v]) }], "s"));
  const l0 = state.latencies[0]?.[0] ?? 0;
  safely(() => plot($("latency-plot"), [
    { name: "median", points: state.latencies.map((p) => [p[0] - l0, p[1]]) },
    { name: "99 %", points: state.latencies.map((p) => [p[0] - l0, p[2]]) },
  ], "s"));
  safely(drawScores);
  safely(drawLearning);
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
  const failure = [...state.events].reverse().find((e) => e.error)?.error;
  $("stage").textContent = word === "failed" ? failure ?? ""
    : word === "finished" ? "" : state.live?.stage && word === "running" ? state.live.stage : last.stage ?? "";
  $("progress").hidden = word === "finished";
  $("progress").firstElementChild.style.width = `${100 * fraction}%`;
  $("progress").setAttribute("aria-valuenow", Math.round(100 * fraction));
  tick();
  $("done").textContent = state.events.length ? `${Math.round(100 * fraction)} %` : "–";
  const live = word === "finished" ? null : state.live;
  $("tissue").closest("div").hidden = live?.tissue_s === undefined;
  $("rate").closest("div").hidden = !live || !state.rates.length;
  $("latency").closest("div").hidden = !live?.latency_ms;
  $("tissue").textContent = live?.tissue_s === undefined ? "–" : `${number(live.tissue_s, 4)} s`;
  $("rate").textContent = state.rates.length ? `${number(state.rates.at(-1)[1])} /s` : "–";
  $("latency").textContent = live?.latency_ms ? `${number(live.latency_ms.p50)} ms` : "–";
  $("latencies").textContent = live?.latency_ms ? `99 %: ${number(live.latency_ms.p99)} ms` : "";
  const stoppable = word === "running" || word === "waiting";
  $("stop").parentElement.hidden = ["finished", "failed"].includes(word);
  $("stop").disabled = !stoppable || !state.events.length;
}
// A finished run leads with its verdict, as its report does.
function drawFound() {
  const found = state.result?.primary;
  $("found").hidden = !found;
  if (!found) return;
  const failed = (state.result.checks ?? []).filter((c) => !c.holds).map((c) => c.name), quick = state.recipe.config?.quick;
  const caveats = [...(quick ? ["quick run"] : []), ...(failed.length ? ["read with care"] : [])];
  $("head").className = `verdict ${failed.length ? "bad" : quick ? "open" : TONES[found.verdict] ?? "even"}`;
  $("word").textContent = [String(found.verdict), ...caveats].join(" · "); // a verdict is never said without them
  $("title").textContent = String(state.result.headline ?? `${found.arm} against ${found.control}`);
  $("answer").textContent = String(state.result.answer ?? "");
  const warnings = quick ? ["A quick run: few and small, to see that all works, not to measure."] : [];
  if (failed.length) warnings.push(`Checks that do not hold: ${failed.join("; ")}.`);
  $("warnings").textContent = warnings.join(" ");
  const compared = [found.arm, found.control], study = found.study ?? "";
  const rows = Object.entries(state.result.arms ?? {}).filter(([, row]) => (row.study ?? "") === study);
  const rank = (name) => (compared.includes(name) ? compared.indexOf(name) : compared.length);
  rows.sort(([a], [b]) => rank(a) - rank(b));
  $("arms").replaceChildren(...rows.slice(0, MOST_BARS).map(([name, row]) => {
    const line = element("tr");
    line.append(element("td", "", name), ...[row.mean, row.sd, row.n].map((v) => element("td", "number", number(v))));
    return line;
  }));
  $("report").href = `/report${query}`;
}
function series(x, y) {
  const found = new Map();
  for (const e of state.events) {
    if (!Number.isFinite(e[x]) || !Number.isFinite(e[y])) continue;
    const name = String(e.arm ?? e.stage ?? y);
    if (!found.has(name)) found.set(name, []);
    found.get(name).push([e[x], e[y]]);
  }
  return [...found].map(([name, points]) => ({ name, points }));
}
// The arms that are compared, always; then those that came last.
function kept(lines) {
  const judged = main().flatMap((name) => lines.filter((line) => line.name === name));
  const others = lines.filter((line) => !judged.includes(line));
  const room = Math.max(0, MOST_LINES - judged.length);
  return [...judged, ...(room ? others.slice(-room) : [])];
}
// A name keeps its colour while it is shown; what is new takes the first that is free.
const painted = new Map();
function paint(lines) {
  const names = new Set(lines.map((line) => line.name));
  for (const name of [...painted.keys()]) if (!names.has(name)) painted.delete(name);
  for (const name of names) {
    const taken = new Set(painted.values());
    for (let k = 0; !painted.has(name); k++) if (!taken.has(k)) painted.set(name, k);
  }
  for (const line of lines) line.colour = painted.get(line.name) % COLOURS;
}
function drawLearning() {
  const scores = kept(series("taught", "score")), taught = kept(series("taught", "loss"));
  const losses = taught.length ? taught : kept(series("elapsed_s", "loss"));
  paint([...scores, ...losses]);
  const course = (lines) => (lines.some((line) => line.points.length > 1) ? lines : []); // one point is no course
  plot($("learning"), course(scores), "symbols taught");
  plot($("loss"), course(losses), taught.length ? "symbols taught" : "s");
}

// ---- pictures

function drawRaster(raster) {
  const canvas = $("raster");
  canvas.closest("section").hidden = !raster;
  const scale = window.devicePixelRatio || 1;
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
    ...line,
    points: line.points.filter((p) => p.every(Number.isFinite)).map((p) => p.map(within)),
  })).filter((line, _, all) => line.points.length || all.length === 1);
  const points = lines.flatMap((l) => l.points);
  box.closest("section").hidden = !points.length;
  if (!points.length) return;
  const picture = svg("svg", { viewBox: "0 0 420 208", role: "img" });
  const shade = (line, i) => line.colour ?? i;
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
      ? svg("path", { d: `M${path[0]} h0.01`, class: `dot l${shade(line, i)}` })
      : svg("polyline", { points: path.join(" "), class: `line l${shade(line, i)}` }));
  });
  const parts = [picture];
  if (lines.length > 1) {
    const keys = element("div", "keys");
    lines.forEach((line, i) => {
      const key = element("span");
      key.append(element("i", `l${shade(line, i)}`), line.name);
      keys.append(key);
    });
    parts.push(keys);
  }
  box.replaceChildren(...parts);
}
// Of a unit with a score, that; of trials with a metric, the mean of their arm so far.
function scored() {
  const sums = new Map(), metrics = new Set();
  for (const e of state.events) {
    const [metric, value] = Object.entries(e.metrics ?? {})[0] ?? ["score", e.score];
    if (!e.unit || !Number.isFinite(value)) continue;
    metrics.add(metric);
    const name = String(e.metrics ? `${e.stage}: ${e.arm}` : e.unit), [sum, n] = (e.metrics && sums.get(name)) || [0, 0];
    sums.set(name, [sum + within(value), n + 1]);
  }
  const rows = [...sums].map(([name, [sum, n]]) => [name, sum / n, n]);
  const judged = (name) => main().some((arm) => name === arm || name.endsWith(`: ${arm}`));
  return [rows.sort(([a], [b]) => judged(b) - judged(a)), [...metrics].join(", "), judged];
}
function drawScores() {
  const [all, metrics, judged] = scored(), rows = all.slice(0, MOST_BARS), box = $("scores");
  box.closest("section").hidden = !rows.length;
  if (!rows.length) return;
  const more = all.length > rows.length ? ` ${all.length - rows.length} more are left out here.` : "";
  $("scores-note").textContent = `Means so far (${metrics}); what is compared comes first. The report has spread and controls.${more}`;
  const [least, most] = extent(rows.map(([, score]) => score)), low = Math.min(0, least), high = Math.max(most, 1e-9);
  const width = Math.max(320, box.clientWidth), room = Math.min(220, 0.4 * width), letters = Math.floor(room / 7);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${rows.length * 22 + 6}`, role: "img" });
  rows.forEach(([name, score], row) => {
    const x = (v) => room + 10 + ((v - low) / (high - low)) * (width - room - 70), y = 16 + 22 * row, shade = judged(name) ? "l0" : "l8";
    picture.append(svg("text", { x: room, y, "text-anchor": "end" }, name.length > letters ? `${name.slice(0, letters - 1)}…` : name));
    picture.append(svg("line", { x1: x(0), x2: x(0), y1: y - 14, y2: y + 8, class: "grid" }));
    picture.append(svg("line", { x1: x(0), x2: x(score), y1: y - 4, y2: y - 4, class: `line ${shade}` }));
    picture.append(svg("path", { d: `M${x(score)},${y - 4} h0.01`, class: `dot ${shade}` }));
    picture.append(svg("text", { x: x(score) + 10, y }, number(score)));
  });
  box.replaceChildren(picture);
}
function drawDose(dose) {
  $("dose").closest("section").hidden = !dose.length || phase()[0] === "finished";
  if (!dose.length) return;
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
  $("events").closest("section").hidden = !state.events.length;
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
setInterval(() => safely(tick), 1000);
window.addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
