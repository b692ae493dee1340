// Bundles the page, the notebook's widget and the static site, which has the page's style.
// With --watch it does so again at every change.
import { context } from "esbuild";

const shared = {
  outdir: "../src/neurona/web/static",
  bundle: true,
  target: ["es2022", "chrome110", "firefox115", "safari16"],
  minify: true,
  charset: "utf8", // modules are always read as UTF-8
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".css": "css" },
  logLevel: "warning",
};
const bundles = [
  await context({
    ...shared,
    format: "esm",
    entryPoints: { page: "src/page.ts", widget: "src/widget.ts" },
  }),
  // No browser loads a module from a folder on the disk.
  await context({ ...shared, format: "iife", entryPoints: { site: "src/site.ts" } }),
];
for (const bundle of bundles) {
  if (process.argv.includes("--watch")) await bundle.watch();
  else await bundle.rebuild().finally(() => bundle.dispose());
}
