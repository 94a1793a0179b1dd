// A coordinator's unlock when nothing came since the last one: the tables that were kept, over so many records.
// Not here: the unlock after something came; the peers' harness measures that (contestant.mjs, `veldpost-coordinator`).
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

await opened();
for (let at = 0; at < RECORDS; at += PART) {
  const records = Array.from({ length: Math.min(PART, RECORDS - at) }, (_, index) => JSON.stringify(makeRecord(at + index)));
  await page.evaluate((part) => contestant.bulkSave(part), records);
}
await opened();
await page.evaluate(() => contestant.keepTables());
const kept = [];
const read = [];
for (let run = 0; run < RUNS; run += 1) {
  read.push(await opened());
  const { ms, forms } = await page.evaluate(async () => {
    const begun = performance.now();
    const forms = await contestant.keptTables();
    return { ms: performance.now() - begun, forms };
  });
  if (forms !== RECORDS) throw new Error(`${forms} forms in the tables of ${RECORDS} records`);
  kept.push(ms);
}
fs.writeFileSync(option("out", "kept.json"), JSON.stringify({ n: RECORDS, kept, read }));
await close();
await server.close();
await stopAll();
process.exit(0);
