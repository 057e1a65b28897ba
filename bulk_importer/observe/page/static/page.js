// Keeps a page of a run as it is now: pieces of it are replaced as the server sends them, and plots are drawn.
// Without it the page is whole, and stands still. Everything that comes is escaped by the server.
"use strict";

(() => {
  const place = (id) => document.getElementById(id);
  const say = (text, kind) => {
    const connection = place("connection");
    if (connection.textContent !== text) connection.textContent = text;
    document.body.dataset.connection = kind;
  };
  const clock = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

  // Where a person is stays: what has the focus has it again when its piece was replaced, and nothing scrolls back.
  function replace(pieces) {
    const focused = document.activeElement && document.activeElement.id;
    for (const [id, html] of Object.entries(pieces)) {
      const piece = place(id);
      if (!piece) continue;
      const scrolled = [...piece.querySelectorAll(".scrolls")].map((each) => each.scrollLeft);
      const opened = [...piece.querySelectorAll("details")].map((each) => each.open);
      piece.innerHTML = html;
      piece.querySelectorAll(".scrolls").forEach((each, at) => { each.scrollLeft = scrolled[at] || 0; });
      piece.querySelectorAll("details").forEach((each, at) => { each.open = opened[at] || false; });
    }
    const again = focused && place(focused);
    if (again && again !== document.activeElement) again.focus({ preventScroll: true });
  }

  function head({ title, icon }) {
    document.title = title;
    if (place("icon").getAttribute("href") !== icon) place("icon").setAttribute("href", icon);
  }

  // Plots

  const plots = {};
  let columns = null;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
  const seconds = (value) => (value == null ? "" : value < 1 ? `${Math.round(value * 1000)} ms` : `${number.format(value)} s`);
  const plain = (value) => (value == null ? "" : number.format(value));
  const time = (at, parts) => new Date(at * 1000).toLocaleTimeString([], { hourCycle: "h23", ...parts });
  const moments = (_, ticks, axis, space, step) => ticks.map((at, index) => {
    const shown = time(at, { hour: "2-digit", minute: "2-digit", ...(step < 60 ? { second: "2-digit" } : {}) });
    const day = (each) => new Date(each * 1000).toLocaleDateString([], { day: "numeric", month: "short" });
    return index > 0 && day(at) === day(ticks[index - 1]) ? shown : `${shown}\n${day(at)}`;
  });

  function behind(plot) {
    const { ctx, bbox } = plot;
    const from = plot.scales.x.min, until = plot.scales.x.max;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const [begun, ended, words, kind] of columns.quiet) {
      const left = plot.valToPos(Math.max(begun, from), "x", true);
      const right = plot.valToPos(Math.min(ended == null ? until : ended, until), "x", true);
      if (right <= left) continue;
      ctx.fillStyle = colour(kind === "outage" ? "--plot-outage" : "--plot-quiet");
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.fillStyle = colour("--dim");
      ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.textBaseline = "top";
      ctx.textAlign = "left";
      if (ctx.measureText(words).width + 8 * devicePixelRatio < right - left)
        ctx.fillText(words, left + 4 * devicePixelRatio, bbox.top + 4 * devicePixelRatio);
    }
    ctx.strokeStyle = colour("--plot-mark");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const [at] of columns.marks) {
      const x = Math.round(plot.valToPos(at, "x", true));
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  const stepped = uPlot.paths.stepped({ align: 1 });
  const line = (label, name, more) => ({
    label, stroke: () => colour(name), width: 2, points: { show: false }, paths: stepped, ...more,
  });

  const kinds = {
    pace: () => ({
      data: [columns.times, columns.delivered, columns.rejected],
      series: [
        line("delivered", "--plot-1", { fill: () => colour("--plot-1-fill"), value: (_, v) => plain(v) }),
        line("rejected", "--plot-2", { value: (_, v) => plain(v) }),
      ],
      values: (_, ticks) => ticks.map(plain),
    }),
    answers: () => ({
      data: [columns.times, columns.slowest, columns.median, columns.fastest],
      series: [
        line("slowest", "--plot-3", { width: 1, value: (_, v) => seconds(v) }),
        line("median", "--plot-1", { value: (_, v) => seconds(v) }),
        line("fastest", "--plot-3", { width: 1, value: (_, v) => seconds(v) }),
      ],
      bands: [{ series: [1, 3], fill: () => colour("--plot-3-fill") }],
      values: (_, ticks) => ticks.map(seconds),
    }),
    flight: () => ({
      data: [columns.times, columns.in_flight],
      series: [line("on their way", "--plot-1", { fill: () => colour("--plot-1-fill"), value: (_, v) => plain(v) })],
      values: (_, ticks) => ticks.map((each) => (Number.isInteger(each) ? plain(each) : "")),
    }),
  };

  function made(key, box) {
    const kind = kinds[key]();
    const axis = { stroke: () => colour("--dim"), grid: { stroke: () => colour("--plot-grid"), width: 1 },
      ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return new uPlot({
      width: box.clientWidth, height: 200,
      series: [{ label: "time", value: (_, v) => (v == null ? "" : time(v, { timeStyle: "medium" })) }, ...kind.series],
      bands: kind.bands,
      axes: [{ ...axis, space: 70, values: moments }, { ...axis, size: 62, values: kind.values }],
      scales: { x: { time: true }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      cursor: { sync: { key: "run" }, drag: { x: false, y: false }, points: { size: 6 } },
      hooks: { drawClear: [behind] },
    }, kind.data, box);
  }

  function draw() {
    if (!columns || columns.times.length < 2) return;
    place("plots").hidden = false;
    for (const key of Object.keys(kinds)) {
      const box = place(`plot-${key}`);
      if (plots[key]) plots[key].setData(kinds[key]().data);
      else plots[key] = made(key, box);
    }
  }

  function drawAnew() {
    for (const key of Object.keys(plots)) {
      plots[key].destroy();
      delete plots[key];
    }
    draw();
  }

  dark.addEventListener("change", drawAnew);
  new ResizeObserver(() => {
    for (const [key, plot] of Object.entries(plots)) {
      const width = place(`plot-${key}`).clientWidth;
      if (width && width !== plot.width) plot.setSize({ width, height: 200 });
    }
  }).observe(place("plots"));

  // What the server sends

  let pause = 1000;
  let heard = clock();

  function listen() {
    const source = new EventSource("/events");
    const on = (name, act) => source.addEventListener(name, (event) => { heard = clock(); act(event); });
    source.addEventListener("open", () => { pause = 1000; say("Live: this page shows the run as it is now.", "live"); });
    on("head", (event) => head(JSON.parse(event.data)));
    on("pieces", (event) => replace(JSON.parse(event.data)));
    on("plots", (event) => { columns = JSON.parse(event.data); draw(); });
    on("over", () => {
      source.close();
      say(`This command has ended; the page stays as it was at ${heard}.`, "over");
    });
    on("full", () => {
      source.close();
      say(`Shown in many windows: this one stays as it was at ${heard}. Load it again to see more.`, "over");
    });
    source.addEventListener("error", () => {
      source.close();
      say(`No answer since ${heard}: the command may have ended. Tried again in ${Math.round(pause / 1000)} s.`, "lost");
      setTimeout(listen, pause);
      pause = Math.min(2 * pause, 60000);
    });
  }

  // What a person does

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("action") !== "/do") return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    fetch("/do", { method: "POST", body, headers: { Accept: "text/event-stream" } })
      .catch(() => say("The run did not answer.", "lost"));
    const question = place("question");
    if (question && question.open) question.close();
  });
  document.addEventListener("click", (event) => {
    const question = place("question");
    const link = event.target.closest && event.target.closest("a");
    if (!question || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.id === "stop") { event.preventDefault(); question.showModal(); }
    if (link.id === "back") { event.preventDefault(); question.close(); }
  });

  listen();
})();
