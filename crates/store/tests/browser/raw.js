// What other windows, other versions and the browser itself do to a database, for the tests.

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const ended = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = resolve;
  transaction.onabort = () => reject(transaction.error);
});

const bytes = (...numbers) => new Uint8Array(numbers);

/** Opens, upgrading with `stores` (comma-separated) where the version asks for it. */
export async function open(name, version, stores) {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => {
    for (const store of stores ? stores.split(",") : []) request.result.createObjectStore(store);
  };
  return asked(request);
}

export function close(database) {
  database.close();
}

/** Deletes the database, as "clear site data" or a wipe elsewhere does. */
export async function remove(name) {
  await asked(indexedDB.deleteDatabase(name));
}

export async function exists(name) {
  return (await indexedDB.databases()).some((database) => database.name === name);
}

/** A database of version 1 exactly as the first release makes it, written out by hand. */
export async function firstRelease(name, rows) {
  const stores = "meta,keys,roster,outbox,stubs,blocks,drafts,round,aside,fence,device-key";
  const database = await open(name, 1, stores);
  const transaction = database.transaction(["outbox", "meta", "fence"], "readwrite");
  for (let n = 0; n < rows; n += 1) {
    const entry = new Uint8Array(904).fill(n % 251);
    transaction.objectStore("outbox").put(entry, bytes(n >> 8, n & 255));
  }
  transaction.objectStore("meta").put(bytes(1, 2, 3), bytes(9));
  transaction.objectStore("fence").put(41, 0);
  await ended(transaction);
  database.close();
}

/** Puts something that is not bytes on a shelf. */
export async function putText(name, store, key) {
  await put(name, store, "not bytes", bytes(key));
}

/** Puts something in the place of the device key. */
export async function putKey(name, value) {
  await put(name, "device-key", value, 0);
}

async function put(name, store, value, key) {
  const database = await asked(indexedDB.open(name));
  const transaction = database.transaction(store, "readwrite");
  transaction.objectStore(store).put(value, key);
  await ended(transaction);
  database.close();
}

/** `store:rows` of each store, sorted, with the version first. */
export async function inventory(name) {
  const database = await asked(indexedDB.open(name));
  const parts = [`${database.version}`];
  for (const store of [...database.objectStoreNames].sort()) {
    const rows = await asked(database.transaction(store).objectStore(store).count());
    parts.push(`${store}:${rows}`);
  }
  database.close();
  return parts.join(" ");
}

const plain = IDBDatabase.prototype.transaction;
let seen = new Set();
let durabilities = [];

/** Watches all transactions from now on: their connections, and the durability of those that write. */
export function watch() {
  seen = new Set();
  durabilities = [];
  IDBDatabase.prototype.transaction = function (...parts) {
    const transaction = plain.apply(this, parts);
    seen.add(this);
    if (transaction.mode === "readwrite") durabilities.push(transaction.durability);
    return transaction;
  };
}

export function unwatch() {
  IDBDatabase.prototype.transaction = plain;
  return durabilities.join(",");
}

/** Closes the connections that were watched, as a browser under pressure does. */
export function cutConnections() {
  for (const database of seen) database.close();
}

const databases = Object.getOwnPropertyDescriptor(globalThis, "indexedDB");

/** Hides or shows the browser's database. */
export function hideDatabases(hidden) {
  const nothing = { value: undefined, configurable: true };
  Object.defineProperty(globalThis, "indexedDB", hidden ? nothing : databases);
}

/** Makes the second `put` from now on fail at once, before the browser has asked the disk. */
export function refuseSecondPut() {
  const put = IDBObjectStore.prototype.put;
  let puts = 0;
  IDBObjectStore.prototype.put = function (...parts) {
    puts += 1;
    if (puts < 2) return put.apply(this, parts);
    IDBObjectStore.prototype.put = put;
    throw new DOMException("no room", "QuotaExceededError");
  };
}

let reached;

/** Resolves when `holdNextKey` holds one. */
export async function heldKey() {
  await reached;
}

/** Holds the next making of a key until the answered function is called. */
export function holdNextKey() {
  const { subtle } = crypto;
  const make = subtle.generateKey;
  let release;
  let reach;
  reached = new Promise((resolve) => { reach = resolve; });
  const held = new Promise((resolve) => { release = resolve; });
  subtle.generateKey = async (...parts) => {
    delete subtle.generateKey;
    reach();
    await held;
    return make.apply(subtle, parts);
  };
  return release;
}

/** Hides or shows what an insecure page has not. */
export function hideCryptography(hidden) {
  if (hidden) Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true });
  else delete crypto.subtle;
}

/** Answers whether the stored device key tells its bytes to anyone, and its algorithm. */
export async function deviceKeyFacts(name) {
  const database = await asked(indexedDB.open(name));
  const key = await asked(database.transaction("device-key").objectStore("device-key").get(0));
  database.close();
  const exported = await crypto.subtle.exportKey("raw", key).then(() => "exported", (e) => e.name);
  return `${key.algorithm.name} ${key.algorithm.length} ${key.extractable} ${exported}`;
}
