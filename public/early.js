// What a start needs of the browser, asked for while the app is still being fetched: the writer's lock (app/src/browser/channel.rs), the
// list of databases (app/src/browser/storage.rs), the questionnaire where the address leads to a form (app/src/browser/files.rs).
//
// Deliberately not here: safety. A browser without locks, or one that refuses them, answers yes: the number in the database
// decides.
"use strict";
{
  // A page that was loaded anew asks before the page of before has let go: it waits so long (milliseconds) before it asks whether
  // there is a second window.
  const PATIENCE = 600;

  globalThis.askForWriter = (name, steal, patience) => {
    const asked = { name, release() {} };
    asked.granted = new Promise((answer) => {
      let held = false;
      const hold = (lock) => {
        held = lock !== null;
        answer(held);
        return lock && new Promise((release) => (asked.release = release));
      };
      const ask = (how, otherwise) => navigator.locks.request(name, how, hold).catch(otherwise);
      // Stolen: that was answered long ago. Else a browser that refuses locks.
      const lost = () => {
        answer(true);
        asked.lost?.();
      };
      if (!navigator.locks) return answer(true);
      if (!patience) return void ask(steal ? { steal } : { ifAvailable: true }, lost);
      const given = new AbortController();
      setTimeout(() => given.abort(), patience);
      // A slow browser is not another window: only its answer counts.
      const waited = () => (held || !given.signal.aborted ? lost() : ask({ ifAvailable: true }, lost));
      ask({ signal: given.signal }, waited);
    });
    return asked;
  };

  const path = location.pathname;
  // As `Mode` names its databases: app/src/services/field.rs.
  const practice = /^\/oefenen(\/|$)/.test(path);
  const demo = document.querySelector("meta[name=veldpost-demo]");
  globalThis.firstAsked = askForWriter(`veldpost${practice ? "-oefenen" : demo ? "-demo" : ""}`, false, PATIENCE);
  globalThis.databasesListed = globalThis.indexedDB?.databases?.();
  if (/\/(registreren|snel)$/.test(path)) {
    globalThis.formAsked = fetch("/forms/ethos-count.form").then((answer) => (answer.ok ? answer.arrayBuffer() : null));
  }
  // Where storage or the network is refused, the app's own attempt says so.
  for (const asked of [globalThis.databasesListed, globalThis.formAsked]) asked?.catch(() => {});
}
