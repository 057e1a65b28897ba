// Sends files with progress, and puts new content into a page when the server says that something changed.
"use strict";

const zone = document.querySelector("form.drop");

function shown(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let at = 0;
  while (bytes >= 1000 && at < units.length - 1) { bytes /= 1000; at += 1; }
  return `${bytes.toFixed(at ? 1 : 0)} ${units[at]}`;
}

function fail(text) {
  const place = zone.querySelector(".failed");
  place.textContent = text;
  place.hidden = !text;
}

function send(file) {
  const place = zone.querySelector(".sending");
  const bar = document.createElement("progress");
  const said = document.createElement("span");
  const stop = document.createElement("button");
  bar.max = 100;
  bar.setAttribute("aria-label", `Uploading ${file.name}`);
  stop.type = "button";
  stop.textContent = "Stop the upload";
  place.replaceChildren(bar, " ", said, " ", stop);
  place.hidden = false;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const began = performance.now();
    stop.addEventListener("click", () => request.abort());
    request.upload.addEventListener("progress", (event) => {
      const seconds = (performance.now() - began) / 1000;
      bar.value = event.total ? 100 * event.loaded / event.total : 0;
      const rate = seconds > 0.5 ? `, ${shown(event.loaded / seconds)}/s` : "";
      said.textContent = `${file.name}: ${shown(event.loaded)} of ${shown(event.total)}${rate}`;
    });
    request.addEventListener("load", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { answer = { message: request.responseText }; }
      if (request.status === 201) resolve(answer.path);
      else reject(new Error(answer.message || `The server answered ${request.status}.`));
    });
    request.addEventListener("error", () => reject(new Error("The connection broke. Nothing of it was kept; try again.")));
    request.addEventListener("abort", () => reject(new Error("The upload was stopped. Nothing of it was kept.")));
    request.open("PUT", `/uploads?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  }).finally(() => { place.hidden = true; place.replaceChildren(); });
}

let isSending = false;

async function sendAll(files) {
  if (isSending) return;
  const most = Number(zone.dataset.most);
  fail("");
  isSending = true;
  zone.querySelector("button[type=submit]").disabled = true;
  const paths = [];
  try {
    for (const file of files) {
      if (file.size > most) throw new Error(`${file.name} is larger than ${zone.dataset.mostText}, and no more is taken. ` +
        "A large file is imported at the terminal, where it lies.");
      paths.push(await send(file));
    }
  } catch (error) {
    fail(error.message);
  }
  isSending = false;
  zone.querySelector("button[type=submit]").disabled = false;
  if (paths.length === 1 && files.length === 1) location.assign(paths[0]);
  else if (paths.length) refresh();
}

if (zone) {
  zone.querySelector("#file").multiple = true;
  zone.classList.add("scripted");
  zone.addEventListener("submit", (event) => {
    event.preventDefault();
    sendAll([...zone.querySelector("#file").files]);
  });
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    const items = [...event.dataTransfer.items];
    if (items.some((each) => each.webkitGetAsEntry && each.webkitGetAsEntry()?.isDirectory)) {
      fail("A folder is uploaded as a zip archive of it. Pack it, and drop that.");
    } else {
      sendAll([...event.dataTransfer.files]);
    }
  });
  window.addEventListener("beforeunload", (event) => { if (isSending) event.preventDefault(); });
}

// Where this page is looked at again: what says why something was not done has an address that cannot be.
const here = document.querySelector("main").dataset.path;
const lost = document.createElement("p");
lost.className = "notice";
lost.setAttribute("role", "alert");

function say(text, link = "") {
  if (!text) { lost.remove(); return; }
  if (lost.isConnected && lost.dataset.said === text) return;
  lost.dataset.said = text;
  lost.replaceChildren(text);
  if (link) {
    const again = document.createElement("a");
    again.href = "/";
    again.textContent = link;
    lost.append(" ", again);
  }
  document.querySelector("main").before(lost);
}

async function refresh() {
  const answer = await fetch(here, { headers: { Accept: "text/html" } });
  if (answer.status === 401) {
    say("The program was started anew since, and lets nobody in with the old link.", "Have a new link printed");
    return;
  }
  say("");
  if (!answer.ok) { if (answer.status === 404) location.assign("/"); return; }
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = document.querySelector("main");
  const then = next.querySelector("main");
  document.title = next.title;
  if (now.dataset.version !== then.dataset.version) {
    const hadFocus = now.contains(document.activeElement);
    now.replaceWith(then);
    if (hadFocus) {
      const heading = then.querySelector("h1");
      heading.tabIndex = -1;
      heading.focus();
    }
    return;
  }
  for (const fresh of then.querySelectorAll("[data-live]")) {
    const stale = now.querySelector(`[data-live="${fresh.dataset.live}"]`);
    if (stale && stale.outerHTML !== fresh.outerHTML && !stale.contains(document.activeElement)) {
      stale.replaceWith(fresh);
    }
  }
}

// A browser has six connections to a server: a tab that nobody sees holds none of them.
let events = null;
let isBusy = false;
let again = 0;
let pause = 1000;

function leave() {
  clearTimeout(again);
  if (events) events.close();
  events = null;
}

function listen() {
  leave();
  events = new EventSource("/events");
  events.addEventListener("open", () => { pause = 1000; });
  events.addEventListener("changed", async () => {
    if (isBusy) return;
    isBusy = true;
    try { await refresh(); } catch { /* the next event tries again */ }
    isBusy = false;
  });
  events.addEventListener("error", () => {
    leave();
    again = setTimeout(look, pause);
    pause = Math.min(2 * pause, 30000);
  });
}

async function look() {
  try { await refresh(); } catch {
    say("The program does not answer: it may have been stopped. What stands here is how it was. This page tries again.");
  }
  if (!document.hidden) listen();
}

window.addEventListener("pagehide", leave);
window.addEventListener("pageshow", (event) => { if (event.persisted) look(); });
document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); else look(); });
if (!document.hidden) listen();
