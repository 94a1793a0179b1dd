// Takes the place of service-worker.js when a build must never open again: drops the app's files and
// unregisters itself, so that the next visit comes from the server.
//
// Deliberately not here: the database. What was recorded stays on the device.
"use strict";

// Waited for: one that is installed before the browser heard this waits for the page to close.
self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave() {
  for (const name of await caches.keys()) {
    if (name.startsWith("veldpost-shell-")) await caches.delete(name);
  }
  await self.registration.unregister();
}
