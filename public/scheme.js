// The scheme that was chosen, before the first paint: a white flash at night blinds and draws eyes.
//
// Deliberately not here: anything else. The one word that is kept is the name of a scheme; the choice itself is in the
// app's sealed preferences, and this follows it.
"use strict";
{
  const root = document.documentElement;
  const colours = { light: "#fbfbf9", dark: "#121416", nacht: "#000000" };
  const metas = [...document.querySelectorAll('meta[name="theme-color"]')];
  const own = metas.map((meta) => meta.content);

  // The browser's own edges follow, too.
  const paintEdges = () => {
    const colour = colours[root.dataset.scheme];
    metas.forEach((meta, place) => (meta.content = colour ?? own[place]));
  };

  try {
    const kept = localStorage.getItem("scheme");
    if (Object.hasOwn(colours, kept)) root.dataset.scheme = kept;
  } catch {
    // Storage is switched off: the scheme comes with the app.
  }
  paintEdges();

  new MutationObserver(() => {
    paintEdges();
    try {
      if (Object.hasOwn(colours, root.dataset.scheme)) localStorage.setItem("scheme", root.dataset.scheme);
      else localStorage.removeItem("scheme");
    } catch {
      // As above.
    }
  }).observe(root, { attributeFilter: ["data-scheme"] });
}
