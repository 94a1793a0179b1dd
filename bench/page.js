// The store as a contestant of a benchmark's driver: see contestant.mjs.
// Not here: what is measured.
import init, { open } from "./veldpost_bench.js";

const folds = new URLSearchParams(location.search).has("fold");

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
  input: "json",
  notes: "sealed entries, strict durability; load = unlock after key derivation, Tables 1 and 2, and the count",
  async open({ db }) {
    book = await open(db);
    if ((await book.waiting()) > 0) await fold();
  },
  saveOne: (record) => book.save(record),
  async bulkSave(records) {
    await book.import(records.join("\n"));
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
