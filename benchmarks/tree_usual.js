// Makes a tree of the entries on standard input, as the library's documentation has it.
const { StandardMerkleTree } = require('@openzeppelin/merkle-tree');
const { readFileSync } = require('fs');

const values = JSON.parse(readFileSync(0, 'utf8')).map((entry) => [entry]);
const start = performance.now();
const tree = StandardMerkleTree.of(values, ['bytes32']);
process.stdout.write(JSON.stringify({ root: tree.root, milliseconds: performance.now() - start }));
