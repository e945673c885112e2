// Prints what npm's own arborist reads: node arborist.cjs ARBORIST loadVirtual|loadActual < JSON array of folders
// That is what lockfiles say, or what is installed.
// For each folder an object with nodes and edges, or with an error. A node is name@version, or at:place outside of
// node_modules, or store:place where it is a folder that npm's linked layout makes for a release to lie in.
const Arborist = require(process.argv[2]);
const folders = JSON.parse(require('fs').readFileSync(0, 'utf8'));

const name = node => {
  if (node.isProjectRoot) return 'root:.';
  if (/(^|\/)node_modules\/\.store\/[^/]*$/.test(node.location)) return `store:${node.location}`;
  if (!/(^|\/)node_modules\//.test(node.location)) return `at:${node.location}`;
  return `${node.packageName || node.name}@${node.version || ''}`;
};

const read = async path => {
  const tree = await new Arborist({ path })[process.argv[3]]({ forceActual: true });
  const nodes = new Set();
  const edges = new Set();
  for (const node of tree.inventory.values()) {
    if (node.isLink) continue;
    nodes.add(name(node));
    for (const edge of node.edgesOut.values()) {
      if (!edge.to || edge.type === 'workspace') continue;
      edges.add(JSON.stringify([name(node), name(edge.to.target || edge.to), edge.type]));
    }
  }
  return { nodes: [...nodes], edges: [...edges].map(JSON.parse) };
};

(async () => {
  const results = [];
  for (const folder of folders) results.push(await read(folder).catch(e => ({ error: e.message })));
  console.log(JSON.stringify(results));
})();
