// Bundles the page, page.js with app.css, and the module that a notebook shows, app.js.
import { build } from "esbuild";

await build({
  entryPoints: { page: "src/page.ts", app: "src/widget.ts" },
  outdir: "../src/neurona/web/static",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".css": "css" },
  logLevel: "warning",
});
