// What a person feels in the real app, served by the real server: how soon a tap is on the screen and kept, and how
// soon the tally takes a tap on a third visit without a network. Enketo's third visit is measured in the same run.
// Not here: the store and the cold start; the peers' harness measures those (contestant.mjs).
//
//   node measure.mjs --runs 5 --taps 200 --out measured.json     (environment: see contestant.mjs)
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { server as veldpost } from "./contestant.mjs";

const peers = process.env.VELDPOST_PEERS ?? "";
const from = (file) => import(pathToFileURL(path.join(peers, file)));
const { browser } = await from("lib/browser.mjs");
const { startServer, stopAll } = await from("lib/procs.mjs");

const options = process.argv.slice(2);
const option = (name, otherwise) => (options.includes(`--${name}`) ? options[options.indexOf(`--${name}`) + 1] : otherwise);
const RUNS = Number(option("runs", 5));
const TAPS = Number(option("taps", 200));
const OUT = option("out", "measured.json");
const PAUSE_MS = 30;

const sorted = (numbers) => [...numbers].sort((one, other) => one - other);
const part = (numbers, share) => sorted(numbers)[Math.min(numbers.length, Math.ceil(share * numbers.length)) - 1];
const start = (spec) => startServer({ proxy: false, ...spec }, { root: peers, staticDir: path.join(peers, "dist") });

/**
 * Runs in each page before its own scripts. A tap is on the screen in the frame that holds its number: noted from the task
 * after that frame. It is kept when the transaction says `complete`.
 */
function watch() {
  const now = () => performance.now();
  const taps = (globalThis.__taps = []);
  const total = () => document.querySelector(".total-number")?.textContent;
  addEventListener(
    "pointerdown",
    (event) => {
      if (!event.target.closest?.(".tile")) return;
      const tap = { at: event.timeStamp, before: total() };
      taps.push(tap);
      const look = () => {
        if (total() === tap.before) return requestAnimationFrame(look);
        const channel = new MessageChannel();
        channel.port1.onmessage = () => (tap.shown = now() - tap.at);
        requestAnimationFrame(() => channel.port2.postMessage(0));
      };
      requestAnimationFrame(look);
    },
    true,
  );
  const open = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...given) {
    const transaction = open.apply(this, given);
    if (given[1] === "readwrite") {
      transaction.addEventListener("complete", () => {
        const waiting = taps.find((tap) => tap.kept === undefined);
        if (waiting) waiting.kept = now() - waiting.at;
      });
    }
    return transaction;
  };
}

/** As the peers' harness counts: the condition holds, a timer, a frame and a timer have come back, and it is painted. */
function watchFor(condition) {
  const look = setInterval(() => {
    if (!condition()) return;
    clearInterval(look);
    setTimeout(() => requestAnimationFrame(() => setTimeout(() => (globalThis.__interactive = performance.now()), 0)), 0);
  }, 4);
}

async function interactive(page, url) {
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForFunction(() => globalThis.__interactive, null, { timeout: 90_000, polling: 20 });
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0], null, { polling: 20 });
  return page.evaluate(() => Math.max(globalThis.__interactive, performance.getEntriesByName("first-contentful-paint")[0].startTime));
}

async function beginRound(page, origin) {
  await page.goto(`${origin}/oefenen/ronde`);
  await page.locator("input[name=area]").first().click();
  await page.getByRole("button", { name: "Begin de ronde" }).click();
  await page.locator(".tile").first().waitFor();
}

/** Taps through the browser's own input, one tile after the other, each when the one before is kept. */
async function taps(rate) {
  const running = await start(veldpost);
  const chrome = await browser();
  try {
    const page = await chrome.ctx.newPage();
    await page.addInitScript(watch);
    await beginRound(page, `http://a.localhost:${running.direct}`);
    const devtools = await chrome.ctx.newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate });
    const boxes = await Promise.all((await page.locator(".tile").all()).map((tile) => tile.boundingBox()));
    for (let tap = 0; tap < TAPS; tap += 1) {
      const { x, y, width, height } = boxes[tap % boxes.length];
      await page.mouse.click(x + width / 2, y + height / 2);
      await page.waitForFunction((all) => globalThis.__taps.length === all && globalThis.__taps.at(-1).kept && globalThis.__taps.at(-1).shown, tap + 1, { polling: 10 });
      await page.waitForTimeout(PAUSE_MS);
    }
    const [all, counted] = await page.evaluate(() => [globalThis.__taps, Number(document.querySelector(".total-number").textContent)]);
    if (counted !== TAPS) throw new Error(`${counted} counted of ${TAPS} taps`);
    return { shown: all.map((tap) => tap.shown), kept: all.map((tap) => tap.kept) };
  } finally {
    await chrome.close();
    await running.close();
  }
}

const tallyTakesATap = () => {
  const total = document.querySelector(".total-number")?.textContent;
  globalThis.__before ??= total;
  if (total !== undefined && !globalThis.__tapped) {
    globalThis.__tapped = true;
    document.querySelector(".tile").click();
  }
  return total !== undefined && total !== globalThis.__before;
};

async function thirdVisitOffline() {
  const running = await start(veldpost);
  const chrome = await browser();
  const origin = `http://a.localhost:${running.direct}`;
  let stopped = false;
  try {
    const first = await chrome.ctx.newPage();
    await beginRound(first, origin);
    await first.evaluate(() => navigator.serviceWorker.ready);
    await first.waitForTimeout(1000);
    await first.close();
    const second = await chrome.ctx.newPage();
    await second.goto(`${origin}/oefenen/tellen`);
    await second.locator(".tile").first().waitFor();
    await second.waitForTimeout(300);
    await second.close();
    await running.close();
    stopped = true;
    const third = await chrome.ctx.newPage();
    await third.addInitScript(`(${watchFor})(${tallyTakesATap})`);
    return await interactive(third, `${origin}/oefenen/tellen`);
  } finally {
    await chrome.close();
    if (!stopped) await running.close();
  }
}

async function thirdVisitEnketo() {
  const running = await start({ module: path.join(peers, "servers/log-server.mjs") });
  const chrome = await browser();
  const condition = () => globalThis.__formDone && document.querySelectorAll("form.or .question").length >= 25;
  try {
    let last;
    for (let visit = 0; visit < 3; visit += 1) {
      const page = await chrome.ctx.newPage();
      await page.addInitScript(`(${watchFor})(${condition})`);
      last = await interactive(page, `http://a.localhost:${running.direct}/forms/enketo/`);
      await page.waitForTimeout(300);
      await page.close();
    }
    return last;
  } finally {
    await chrome.close();
    await running.close();
  }
}

/** Bytes that a record takes in blocks: in a database that never held anything else. */
async function bytesInBlocks(number) {
  const running = await start({ module: path.join(peers, "servers/log-server.mjs"), env: { BENCH_STATIC: process.env.VELDPOST_BENCH } });
  const chrome = await browser();
  try {
    const page = await chrome.ctx.newPage();
    await page.addInitScript({ path: path.join(peers, "dist/driver.js") });
    await page.goto(`http://a.localhost:${running.direct}/`);
    return await page.evaluate(async (number) => {
      const usage = async () => (await navigator.storage.estimate()).usage;
      const settled = () => new Promise((done) => setTimeout(done, 2500));
      await __bench.ready();
      await __bench.open({ db: "bench" });
      await __bench.bulkSave(number, 1);
      const each = (bytes) => Array.from(bytes, (one) => one / number);
      const [waiting, waitingStub] = each(await book().bytes());
      await book().unlock();
      await book().fold();
      const [, stub, block] = each(await book().bytes());
      await settled();
      const before = await usage();
      await book().copy_to("copy");
      await settled();
      return { waiting, waitingStub, stub, block, disk: ((await usage()) - before) / number };
    }, number);
  } finally {
    await chrome.close();
    await running.close();
  }
}

const measured = { load: [os.loadavg()], offline: [], enketo: [], taps1: [], taps4: [] };
const note = (...words) => console.error(new Date().toISOString().slice(11, 19), ...words);
try {
  measured.bytes = await bytesInBlocks(Number(option("n", 10_000)));
  note("bytes a record", JSON.stringify(measured.bytes));
  for (let run = 0; run < RUNS; run += 1) {
    for (const which of run % 2 ? ["enketo", "offline"] : ["offline", "enketo"]) {
      measured[which].push(await (which === "enketo" ? thirdVisitEnketo() : thirdVisitOffline()));
      note(`third visit ${which}`, Math.round(measured[which].at(-1)), "ms");
    }
  }
  for (const rate of [1, 4]) {
    const { shown, kept } = await taps(rate);
    measured[`taps${rate}`] = { shown50: part(shown, 0.5), shown95: part(shown, 0.95), kept50: part(kept, 0.5), kept95: part(kept, 0.95) };
    note(`taps at ${rate}×`, JSON.stringify(measured[`taps${rate}`]));
  }
} finally {
  measured.load.push(os.loadavg());
  fs.writeFileSync(OUT, JSON.stringify(measured, null, 1));
  await stopAll();
}
