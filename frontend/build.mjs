// Bundles the page, page.js with page.css, and the notebook's widget, widget.js with widget.css.
// With --watch it does so again at every change.
import { context } from "esbuild";

const bundle = await context({
  entryPoints: { page: "src/page.ts", widget: "src/widget.ts" },
  outdir: "../src/neurona/web/static",
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome110", "firefox115", "safari16"],
  minify: true,
  charset: "utf8", // modules are always read as UTF-8
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".css": "css" },
  logLevel: "warning",
});
if (process.argv.includes("--watch")) {
  await bundle.watch();
} else {
  await bundle.rebuild().finally(() => bundle.dispose());
}
