// The store as a contestant of a benchmark's driver: see contestant.mjs.
// Not here: what is measured.
import init, { open, open_post } from "./veldpost_bench.js";

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

/** What the harness compares: the table and one municipality by category. */
function loaded([total, forms, matched, ...rest]) {
  if (forms !== total) throw new Error(`${forms} forms in the tables of ${total} records`);
  const byCategory = {};
  for (let at = 0; at < rest.length; at += 2) byCategory[rest[at]] = rest[at + 1];
  return { total, matched, byCategory };
}

/** The post: a worker sends, another page's coordinator receives. With `?coordinator` the records are those of others from the start. */
const letterbox = () => {
  let post;
  const asked = new URLSearchParams(location.search);
  const coordinates = asked.has("coordinator") || location.hostname.startsWith("b.");
  return {
    input: "json",
    notes: "a commit and a signature a record; download = pull, verify, store, open, judge, confirm; load = judge, Tables 1 and 2, and the count",
    async open({ db, server }) {
      post = await open_post(db, server, coordinates);
    },
    saveOne: (record) => post.keep(record),
    bulkSave: (records) => post.keep(records.join("\n")),
    async loadAll(municipality) {
      return loaded(post.load(municipality));
    },
    async upload() {
      const waiting = await post.send();
      if (waiting > 0) throw new Error(`${waiting} still wait`);
    },
    download: () => post.pull(),
    keepTables: () => post.keep_tables(),
    keptTables: () => post.kept_tables(),
    tablesSince: () => post.tables_since(),
    storageBytes: async () => (await navigator.storage.estimate()).usage,
  };
};

await init();
globalThis.contestant = new URLSearchParams(location.search).has("letterbox") ? letterbox() : {
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
    return loaded(await book.load(municipality));
  },
  storageBytes: async () => sum(await book.bytes()),
};
globalThis.book = () => book;
