// Keeps the app's own files, so that it opens without a network.
//
// Deliberately not here: anything a person typed, any key, and any request that is not a plain read of the
// app's own files. The build fills in VERSION and FILES; see README.md beside this file for the messages.
"use strict";

const VERSION = "@version@";
// [path, SHA-256 in hex] of every file of this build.
const FILES = new Map(["@files@"]);

const PREFIX = "veldpost-shell-";
const CACHE = PREFIX + VERSION;
const PAGE = "/index.html";
// The relay and the server's probes: the app must see their real answers.
const HANDS_OFF = /^\/(v1|api|healthz|readyz)(\/|$)/;
// The app's own pages: plain words, no dot. The server has the same rule.
const APP_ROUTE = /^\/[A-Za-z0-9/-]*$/;
const TOGETHER = 4;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (HANDS_OFF.test(url.pathname)) return;
  if (request.mode === "navigate") {
    // A page of its own (the neutral one) has a dot in its name; every other address is the app's.
    const page = APP_ROUTE.test(url.pathname) ? PAGE : url.pathname;
    if (FILES.has(page)) event.respondWith(answer(page, request));
  } else if (url.search === "" && FILES.has(url.pathname)) {
    event.respondWith(answer(url.pathname, request));
  } else if (url.search === "" && /\.(js|wasm|css)$/.test(url.pathname)) {
    // A page of the version before, still open, asks for its own files.
    event.respondWith(earlier(request));
  }
});

self.addEventListener("message", (event) => {
  const type = event.data?.type;
  const reply = (message) => (event.ports[0] ?? event.source)?.postMessage(message);
  if (type === "status") event.waitUntil(status(reply));
  if (type === "apply-update") event.waitUntil(self.skipWaiting());
  if (type === "make-room") makeRoom();
  if (type === "started") event.waitUntil(dropEarlier());
});

// A browser lets a worker that waits for an answer keep its place, for minutes.
let leaving = new AbortController();
const ask = (request, how) => fetch(request, { ...how, signal: leaving.signal });

function makeRoom() {
  leaving.abort();
  leaving = new AbortController();
}

async function install() {
  const left = await fill((done) => tellPages({ type: "progress", version: VERSION, done, total: FILES.size }));
  // A cache with a hole must not count as installed: the browser keeps the old worker and tries again.
  if (left > 0) throw new Error(`${left} of ${FILES.size} files are missing`);
}

async function status(reply) {
  // Files of the version before are kept until this one has started: until then this one is new here.
  const updated = !newerWaits() && (await ours()).some((name) => name !== CACHE);
  const tell = (missing) =>
    reply({ type: "status", version: VERSION, complete: missing === 0, missing, total: FILES.size, updated });
  const missing = (await holes()).length;
  tell(missing);
  if (missing > 0) tell(await fill(() => {}));
}

// Fetches what is missing and answers how many files still are, after reading each entry back.
async function fill(progress) {
  const wanted = await holes();
  let done = FILES.size - wanted.length;
  const queue = [...wanted];
  const work = async () => {
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      await keep(path).catch(() => {});
      done += 1;
      await progress(done);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return (await holes()).length;
}

async function keep(path) {
  const response = await ask(path, { cache: "no-cache", credentials: "same-origin", redirect: "error" });
  // A login page of a wifi network answers 200 too: only the right bytes are kept.
  if (response.ok && (await fits(response.clone(), path))) {
    const cache = await caches.open(CACHE);
    await cache.put(path, response);
  }
}

async function holes() {
  const cache = await caches.open(CACHE);
  const missing = [];
  for (const path of FILES.keys()) {
    const entry = await cache.match(path, { ignoreVary: true });
    if (!entry || !(await fits(entry, path))) {
      if (entry) await cache.delete(path, { ignoreVary: true });
      missing.push(path);
    }
  }
  return missing;
}

async function fits(response, path) {
  try {
    const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
    const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex === FILES.get(path);
  } catch {
    return false;
  }
}

// Opened once: a start waits for the page, then for the module.
let opened;
const shell = () => (opened ??= caches.open(CACHE).catch(() => (opened = undefined)));

async function answer(path, request) {
  const cache = await shell();
  const entry = await cache?.match(path, { ignoreVary: true }).catch(() => undefined);
  return entry ?? ask(request);
}

async function earlier(request) {
  for (const name of await ours()) {
    const entry = await (await caches.open(name)).match(request, { ignoreVary: true });
    if (entry) return entry;
  }
  return ask(request);
}

async function ours() {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX));
}

function newerWaits() {
  return self.registration.waiting !== null || self.registration.installing !== null;
}

// The page says that this version has started: only now may the version before go.
async function dropEarlier() {
  // While a newer version waits, its cache is not an earlier one.
  if (newerWaits() || (await holes()).length > 0) return;
  for (const name of await ours()) {
    if (name !== CACHE) await caches.delete(name);
  }
}

async function tellPages(message) {
  for (const page of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    page.postMessage(message);
  }
}
