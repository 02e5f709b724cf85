// Makes the trees that standard input asks for by OpenZeppelin's library, and loads those that are given.
const { StandardMerkleTree } = require('@openzeppelin/merkle-tree');

const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const answers = asked.map(({ values, types, dump }) => {
  const tree = StandardMerkleTree.of(values, types);
  const loaded = StandardMerkleTree.load(dump);
  loaded.validate();
  return {
    dump: tree.dump(),
    paths: values.map((_, place) => tree.getProof(place)),
    leaves: values.map((value) => tree.leafHash(value)),
    verified: values.every((value, place) =>
      StandardMerkleTree.verify(tree.root, types, value, loaded.getProof(place)),
    ),
  };
});
process.stdout.write(JSON.stringify(answers));
