// Veldpost as a contestant of a peers' harness, given to it with --extra. `cargo xtask bench` sets the environment.
// Not here: how contestants are measured; that is the harness's own.
//
// VELDPOST_BENCH   the folder with the built page
// VELDPOST_APP     the folder with the built app
// VELDPOST_SERVER  the server's binary
// VELDPOST_PEERS   the folder of the harness
import path from "node:path";

const env = (name) => process.env[name] ?? "";
const page = { staticDir: env("VELDPOST_BENCH"), server: { module: path.join(env("VELDPOST_PEERS"), "servers/log-server.mjs") } };

export const server = {
  command: [env("VELDPOST_SERVER"), "--app", env("VELDPOST_APP"), "--data", "{data}", "--listen", "127.0.0.1:{port}"],
  ready: "/",
  proxy: false,
};

/**
 * Runs in the page until it gives true: answers the first question of the practice form, which opens by its address as the peers'
 * forms do. The question that depends on that answer has to stand there: the form accepts and echoes. After that it
 * brings a text field into view, for the harness to type in.
 */
function practiceForm() {
  const find = (selector) => document.querySelector(selector);
  const anew = [...document.querySelectorAll("main button")].find((one) => one.textContent.trim() === "Nieuwe registratie");
  if (anew) return void anew.click();
  if (!globalThis.__answered) {
    const place = find("main input[type=radio]");
    place?.click();
    globalThis.__answered = Boolean(place);
    return false;
  }
  const echo = find("main input[type=checkbox]");
  if (!echo) return false;
  const later = setInterval(() => {
    if (!globalThis.__interactive) return;
    clearInterval(later);
    echo.click();
  }, 20);
  return true;
}

export const form = { page: "/oefenen/registreren", ready: `(${practiceForm})()`.replace(/\s+/g, " "), field: "main textarea" };

/** The relay hands out the page itself, so that both have one origin. */
const relay = {
  command: [
    env("VELDPOST_SERVER"), "--app", env("VELDPOST_BENCH"), "--data", "{data}", "--listen", "127.0.0.1:{port}", "--founding", "open",
    "--origin", "http://a.localhost:{port}", "--origin", "http://b.localhost:{port}",
  ],
  ready: "/",
  proxy: false,
};
const letterbox = { server: relay, staticDir: env("VELDPOST_BENCH"), count: false };

export default [
  { name: "veldpost", page: "/", ...page },
  // Folded within the save: what blocks take, and what folding costs.
  { name: "veldpost-folded", page: "/?fold=1", only: ["b", "c", "g"], ...page },
  { name: "veldpost-letterbox", page: "/?letterbox", only: ["d", "e"], ...letterbox },
  // A coordinator who holds all of it already: from the unlock on.
  { name: "veldpost-coordinator", page: "/?letterbox&coordinator", only: ["c"], ...letterbox },
  { name: "veldpost-form", server, form, staticDir: env("VELDPOST_BENCH") },
];
