// Bundles the page into one HTML file, and that into a C++ source: node build.mjs FILE.cpp
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";

const bundle = async (entry, more) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    charset: "utf8",
    legalComments: "none",
    ...more,
  });
  return { text: outputFiles[0].text, inputs: Object.keys(metafile.inputs) };
};

const script = await bundle("src/main.tsx", {
  format: "iife",
  target: "es2020",
  jsx: "automatic",
  jsxImportSource: "preact",
});
const style = await bundle("src/page.css", {});

// The licences of what is bundled ask for their text to go with it.
const packages = new Set(script.inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]));
packages.delete(undefined);
const licences = [...packages].sort().map((name) => {
  const read = (file) => readFileSync(`node_modules/${name}/${file}`, "utf8");
  const { version } = JSON.parse(read("package.json"));
  return `${name} ${version}\n\n${read("LICENSE").trim()}`;
});
const comment = (text) => `<!--\n${text.replaceAll("--", "- -")}\n-->`;

const fill = (page, place, content) => {
  const [before, after, ...more] = page.split(place);
  if (after === undefined || more.length > 0) throw new Error(`src/page.html must have one ${place}`);
  return before + content + after;
};
let page = readFileSync("src/page.html", "utf8");
page = fill(page, "/* style */", style.text.trim());
page = fill(page, "/* script */", script.text.trim().replaceAll("</script", "<\\/script"));
page = fill(page, "<!-- licences -->", comment(licences.join("\n\n----\n\n")));

const bytes = [...Buffer.from(page)].join(",").replace(/(.{110,118}),/g, "$1,\n");
writeFileSync(
  process.argv[2],
  `// Made by engine/page/build.mjs.
#include <frost/inspect/page.hpp>

namespace frost::inspect {

namespace {
const unsigned char bytes[] = {
${bytes}};
}

std::string_view page_template() { return {reinterpret_cast<const char*>(bytes), sizeof bytes}; }
std::string_view why_no_page() { return {}; }

}  // namespace frost::inspect
`,
);
console.log(`the page: ${Math.ceil(page.length / 1024)} kB`);
