// The store as a contestant of a benchmark's driver: see contestant.mjs.
// Not here: what is measured.
import init, { open } from "./veldpost_bench.js";

const folds = new URLSearchParams(location.search).has("fold");
/** Names under which Veldpost's tables look for them. */
const names = { municipality: "municipality_stay", ethos: "living_situation", ageBand: "age_band" };
const text = (value) =>
  typeof value === "string" ? value : Array.isArray(value) ? value.join(" ") : value === true ? "yes" : value === false ? "no" : String(value);

/** `␟name␟` of each field, made once: it is the same for all records. */
const heads = {};
const head = (name) => (heads[name] ??= `\u001f${names[name] ?? name}\u001f`);

/** A record as `id␟name␟value␟…`: what a filled-in form holds, in the words of XLSForm. */
const line = (record) => {
  let out = record.id;
  for (const name in record) if (name !== "id") out += head(name) + text(record[name]);
  return out;
};

/** Rows of bytes, read back before and after: what the store itself says it holds. */
const sum = (array) => array.reduce((all, one) => all + one, 0);
let book;

/** After an import the app folds at the next unlock; a page that opens again finds it done. */
async function fold() {
  await book.unlock();
  await book.fold();
  book.lock();
}

await init();
globalThis.contestant = {
  notes: "sealed entries, strict durability; load = unlock after key derivation, Tables 1 and 2, and the count",
  async open({ db }) {
    book = await open(db);
    if ((await book.waiting()) > 0) await fold();
  },
  saveOne: (record) => book.save(line(record)),
  async bulkSave(records) {
    await book.import(records.map(line).join("\u001e"));
    if (folds) await fold();
  },
  async loadAll(municipality) {
    book.lock();
    const [total, forms, matched, ...rest] = await book.load(municipality);
    if (forms !== total) throw new Error(`${forms} forms in the tables of ${total} records`);
    const byCategory = {};
    for (let at = 0; at < rest.length; at += 2) byCategory[rest[at]] = rest[at + 1];
    return { total, matched, byCategory };
  },
  storageBytes: async () => sum(await book.bytes()),
};
globalThis.book = () => book;
