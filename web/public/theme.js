// Runs before the first paint, so that a page chosen light never flashes dark.
// A file of its own because the content security policy allows no inline script.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // Storage may be forbidden; the system's preference stands then.
  }
  const light = window.matchMedia("(prefers-color-scheme: light)").matches;
  document.documentElement.dataset.theme =
    chosen === "light" || chosen === "dark" ? chosen : light ? "light" : "dark";
  document.documentElement.dataset.place = /^\/(?:$|sign-|invitation)/.test(location.pathname)
    ? "door"
    : "inside";
})();
