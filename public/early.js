// What a start needs of the browser, asked for while the app is still being fetched: the writer's lock (app/src/browser/channel.rs), the
// list of databases (app/src/browser/storage.rs), the questionnaire where the address leads to a form (app/src/browser/files.rs).
//
// Deliberately not here: safety. A browser without locks, or one that refuses them, answers yes: the number in the database
// decides.
"use strict";
{
  // A page that was loaded anew asks before the page of before has let go: it asks so often, with so many milliseconds between, before
  // it takes itself for a second window. Not a request that is given up: a slow browser may just have granted it.
  const TRIES = 12;
  const PAUSE = 50;

  globalThis.askForWriter = (name, steal, more = 0) => {
    const asked = { name, release() {} };
    asked.granted = new Promise((answer) => {
      const refused = () => {
        answer(true);
        asked.lost?.();
      };
      const hold = (lock) => {
        if (lock === null && more-- > 0) return void setTimeout(ask, PAUSE);
        answer(lock !== null);
        return lock && new Promise((release) => (asked.release = release));
      };
      const ask = () => navigator.locks.request(name, steal ? { steal } : { ifAvailable: true }, hold).catch(refused);
      if (!navigator.locks) return answer(true);
      ask();
    });
    // A browser may keep a page that was left, lock and all, to show it again at Back: it is loaded anew then.
    addEventListener("pagehide", () => asked.release());
    return asked;
  };

  const path = location.pathname;
  // As `Mode` names its databases: app/src/services/field.rs.
  const practice = /^\/oefenen(\/|$)/.test(path);
  const demo = document.querySelector("meta[name=veldpost-demo]");
  globalThis.firstAsked = askForWriter(`veldpost${practice ? "-oefenen" : demo ? "-demo" : ""}`, false, TRIES);
  globalThis.databasesListed = globalThis.indexedDB?.databases?.();
  if (/\/(registreren|snel)$/.test(path)) {
    globalThis.formAsked = fetch("/forms/ethos-count.form").then((answer) => (answer.ok ? answer.arrayBuffer() : null));
  }
  // Where storage or the network is refused, the app's own attempt says so.
  for (const asked of [globalThis.databasesListed, globalThis.formAsked]) asked?.catch(() => {});
}
