// A coordinator's unlock by what was kept of the last one, over so many records: when nothing came since, and when another
// phone's hundred did.
// Not here: an unlock at which all is read anew; the peers' harness measures that (contestant.mjs, `veldpost-coordinator`).
//
//   node kept.mjs --runs 5 --n 10000 --out kept.json     (environment: see contestant.mjs)
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import contestants from "./contestant.mjs";

const peers = process.env.VELDPOST_PEERS ?? "";
const from = (file) => import(pathToFileURL(path.join(peers, file)));
const { browser } = await from("lib/browser.mjs");
const { startServer, stopAll } = await from("lib/procs.mjs");
const { makeRecord } = await from("records.mjs");

const options = process.argv.slice(2);
const option = (name, otherwise) => (options.includes(`--${name}`) ? options[options.indexOf(`--${name}`) + 1] : otherwise);
const RUNS = Number(option("runs", 5));
const RECORDS = Number(option("n", 10_000));
const PART = 5_000;
const CAME = 100;

const { server: spec, page: address } = contestants.find((one) => one.name === "veldpost-coordinator");
const server = await startServer({ ...spec }, { root: peers, staticDir: process.env.VELDPOST_BENCH });
const origin = `http://127.0.0.1:${server.port}`;
const { ctx, close } = await browser();
const page = await ctx.newPage();

/** A page that holds what is on the disk, as after a start. */
async function opened() {
  await page.goto(origin + address);
  await page.waitForFunction(() => globalThis.contestant);
  const begun = Date.now();
  await page.evaluate((url) => contestant.open({ db: "kept", server: url }), origin);
  return Date.now() - begun;
}

/** Records of another stream, as they were received. */
const received = (from, number) =>
  page.evaluate((part) => contestant.bulkSave(part), Array.from({ length: number }, (_, index) => JSON.stringify(makeRecord(from + index))));

/** Each run begins with a page that holds what is on the disk. How long it takes until the tables are there, and how long the start took. */
async function measure(ask, expected) {
  const [times, starts] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    starts.push(await opened());
    const { ms, forms } = await page.evaluate(async (name) => {
      const begun = performance.now();
      const forms = await contestant[name]();
      return { ms: performance.now() - begun, forms };
    }, ask);
    if (forms !== expected) throw new Error(`${ask}: ${forms} forms in the tables of ${expected} records`);
    times.push(ms);
  }
  return [times, starts];
}

await opened();
for (let at = 0; at < RECORDS; at += PART) await received(at, Math.min(PART, RECORDS - at));
await opened();
await page.evaluate(() => contestant.keepTables());
const [kept, read] = await measure("keptTables", RECORDS);
await received(RECORDS, CAME);
const [since] = await measure("tablesSince", RECORDS + CAME);
fs.writeFileSync(option("out", "kept.json"), JSON.stringify({ n: RECORDS, kept, since, read }));
await close();
await server.close();
await stopAll();
process.exit(0);
