// Takes the place of service-worker.js when a build must never open again: drops the app's files and
// unregisters itself, so that the next visit comes from the server.
//
// Deliberately not here: the database. What was recorded stays on the device.
"use strict";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave() {
  for (const name of await caches.keys()) {
    if (name.startsWith("veldpost-shell-")) await caches.delete(name);
  }
  await self.registration.unregister();
}
