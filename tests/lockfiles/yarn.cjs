// Parses lockfiles of yarn 1, whose paths are given as JSON, with yarn's own `@yarnpkg/lockfile` in the folder named.
const { readFileSync } = require("fs");
const { parse } = require(`${process.argv[2]}/@yarnpkg/lockfile`);

const answers = JSON.parse(readFileSync(0, "utf8")).map((path) => {
  try {
    return parse(readFileSync(path, "utf8")).object;
  } catch (error) {
    return error.message;
  }
});
console.log(JSON.stringify(answers));
