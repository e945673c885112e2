// Asks pnpm's own packages what lockfiles say: how it reads them, what a reference leads to, what an entry is called.
// Input: [{"folder": …, "tool": …}] and, for each tool, where its packages are installed.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");
const { pathToFileURL } = require("node:url");

const GROUPS = { dependencies: "runtime", optionalDependencies: "optional", devDependencies: "dev" };
const ENVIRONMENT = { configDependencies: "dev", packageManagerDependencies: "dev" };

async function load(place, names) {
  const require = createRequire(path.join(place, "x.js"));
  return Promise.all(Object.values(names).map((name) => import(pathToFileURL(require.resolve(name)))));
}

const TOOLS = {
  async "pnpm-shrinkwrap"(place) {
    const [io, paths] = await load(place, ["pnpm-shrinkwrap", "dependency-path"]);
    const read = (folder) => io.default.read(folder, { ignoreIncompatible: false });
    const called = (key, entry) => io.default.nameVerFromPkgSnapshot(key, entry);
    return { read, called, follow: paths.default.refToRelative };
  },
  async "lockfile-file"(place) {
    const names = ["@pnpm/lockfile-file", "@pnpm/dependency-path", "@pnpm/lockfile-utils"];
    const [io, paths, utils] = await load(place, names);
    const read = (folder) => io.default.readWantedLockfile(folder, { ignoreIncompatible: false, wantedVersions: ["5.4", "6.0"] });
    return { read, called: utils.default.nameVerFromPkgSnapshot, follow: paths.default.refToRelative };
  },
  async "lockfile.fs"(place) {
    const [io, paths, utils] = await load(place, ["@pnpm/lockfile.fs", "@pnpm/deps.path", "@pnpm/lockfile.utils"]);
    const read = (folder) => io.readWantedLockfile(folder, { ignoreIncompatible: false, wantedVersions: ["9.0"] });
    return { read, environment: io.readEnvLockfile, called: utils.nameVerFromPkgSnapshot, follow: paths.refToRelative };
  },
};

function kindOf(entry, alias) {
  if (!Object.hasOwn(entry.peerDependencies ?? {}, alias)) return "runtime";
  return entry.peerDependenciesMeta?.[alias]?.optional ? "optional" : "peer";
}

function graph(lockfile, tool, groups) {
  const packages = lockfile.packages ?? {};
  const label = (key) => {
    const { directory, type } = packages[key].resolution ?? {};
    if (type === "directory" && Object.hasOwn(lockfile.importers, directory)) return `root:${directory}`;
    const { name, version } = tool.called(key, packages[key]);
    return `${name}@${version ?? ""}`;
  };
  const published = {};
  for (const [folder, { publishDirectory }] of Object.entries(lockfile.importers)) {
    if (publishDirectory) published[path.posix.join(folder, publishDirectory)] = folder;
  }
  const edges = [];
  const lead = (from, folder, alias, reference, kind) => {
    const key = tool.follow(reference, alias);
    // pnpm 1 has no entries for folders.
    const place = key !== null && !Object.hasOwn(packages, key) && key.startsWith("file:") ? `./${key.slice(5)}` : null;
    if (key !== null && place === null) {
      edges.push([from, Object.hasOwn(packages, key) ? label(key) : `missing:${alias}`, kind]);
    } else if (!reference.startsWith("link:<root>/")) {
      const linked = path.posix.join(place === null ? folder : ".", place ?? reference.slice("link:".length));
      const target = published[linked] ?? linked;
      edges.push([from, Object.hasOwn(lockfile.importers, target) ? `root:${target}` : `link:${target}`, kind]);
    }
  };
  for (const [folder, importer] of Object.entries(lockfile.importers)) {
    for (const [group, kind] of Object.entries(groups)) {
      for (const [alias, wanted] of Object.entries(importer[group] ?? {})) {
        lead(`root:${folder}`, folder, alias, wanted.version ?? wanted, kind);
      }
    }
  }
  for (const [key, entry] of Object.entries(packages)) {
    for (const [alias, reference] of Object.entries(entry.dependencies ?? {})) {
      lead(label(key), ".", alias, reference, kindOf(entry, alias));
    }
    for (const [alias, reference] of Object.entries(entry.optionalDependencies ?? {})) {
      lead(label(key), ".", alias, reference, "optional");
    }
  }
  return { nodes: Object.keys(packages).map(label), edges };
}

async function answer(folder, tool) {
  const found = graph(await tool.read(folder), tool, GROUPS);
  const environment = await tool.environment?.(folder);
  if (environment) {
    const { importers, packages, snapshots } = environment;
    const merged = Object.entries(snapshots).map(([key, entry]) => [key, { ...packages[key], ...entry }]);
    const more = graph({ importers, packages: Object.fromEntries(merged) }, tool, ENVIRONMENT);
    found.nodes.push(...more.nodes);
    found.edges.push(...more.edges);
  }
  return found;
}

async function main() {
  const { tools, files } = JSON.parse(fs.readFileSync(0, "utf8"));
  const loaded = {};
  for (const [name, place] of Object.entries(tools)) loaded[name] = await TOOLS[name](place);
  const answers = [];
  for (const { folder, tool } of files) {
    answers.push(await answer(folder, loaded[tool]).catch((error) => ({ error: String(error) })));
  }
  console.log(JSON.stringify(answers));
}

main();
