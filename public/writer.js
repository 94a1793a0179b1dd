// One writer among several windows: app/src/browser/channel.rs. The lock is asked for before the app runs, and the list of databases
// (app/src/browser/storage.rs), so that the answers are there when it does.
//
// Deliberately not here: safety. A browser without locks, or one that refuses them, answers yes: the number in the database
// decides.
"use strict";
{
  globalThis.askForWriter = (name, steal) => {
    const asked = { name, release() {} };
    asked.granted = new Promise((answer) => {
      const hold = (lock) => {
        answer(lock !== null);
        return lock && new Promise((release) => (asked.release = release));
      };
      const refused = () => {
        answer(true);
        asked.lost?.();
      };
      if (!navigator.locks) return answer(true);
      navigator.locks.request(name, steal ? { steal } : { ifAvailable: true }, hold).catch(refused);
    });
    return asked;
  };

  // As `Mode` names its databases: app/src/services/field.rs.
  const practice = /^\/oefenen(\/|$)/.test(location.pathname);
  const demo = document.querySelector("meta[name=veldpost-demo]");
  globalThis.databasesListed = globalThis.indexedDB?.databases?.();
  // Where storage is refused, opening says so.
  databasesListed?.catch(() => {});
  globalThis.firstAsked = askForWriter(`veldpost${practice ? "-oefenen" : demo ? "-demo" : ""}`);
}
