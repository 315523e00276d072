// Before anything is painted: another theme must not flash. The policy allows no inline script, so it is a file.
// Kept in step with src/stores/preferences.ts, which reads and writes the same entry, and with App.vue, which goes on.
document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
try {
  const { theme, locale } = JSON.parse(localStorage.getItem("parley preferences") ?? "{}");
  if (["light", "dark", "steampunk"].includes(theme)) document.documentElement.dataset.theme = theme;
  if (typeof locale === "string") document.documentElement.lang = locale;
} catch {
  // Storage is closed to us: the system's preference decides.
}
