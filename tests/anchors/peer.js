// Asks OpenZeppelin's library: makes the trees that standard input asks for and loads those that are given, or
// loads tree files and verifies the Merkle proofs of their values.
const { StandardMerkleTree } = require('@openzeppelin/merkle-tree');
const { readFileSync } = require('fs');

const made = ({ values, types, dump }) => {
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
};

const kept = ({ file, proofs }) => {
  const tree = StandardMerkleTree.load(JSON.parse(readFileSync(file, 'utf8')));
  tree.validate();
  return {
    root: tree.root,
    paths: proofs.map(([value]) => tree.getProof([value])),
    verified: proofs.map(([value, root, path]) => StandardMerkleTree.verify(root, ['bytes32'], [value], path)),
  };
};

const asked = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(asked.map((one) => (one.file ? kept(one) : made(one)))));
