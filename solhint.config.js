'use strict';

module.exports = {
  extends: 'solhint:recommended',
  rules: {
    'func-visibility': ['error', { ignoreConstructors: true }],
    'compiler-version': ['error', '0.8.37'],
    // NatSpec stands in the interface and is inherited below; not every tag would say something.
    'use-natspec': 'off',
    // JSON and SVG stand in single quotes because they are full of double ones; prettier sees to the rest.
    quotes: 'off',
    // Assembly stands where a comment explains it; a rule cannot tell a good place from a bad one.
    'no-inline-assembly': 'off',
    // Immutables are named like the views they become.
    'immutable-vars-naming': 'off',
    // Questions of gas are answered by measuring, in benchmarks/.
    'gas-indexed-events': 'off',
    'gas-small-strings': 'off',
    'gas-strict-inequalities': 'off',
    // What is stored is packed by hand in contracts/types/; unpacked structs only leave views.
    'gas-struct-packing': 'off',
    // The names of standards (IERC7858) are no CapWords.
    'contract-name-capwords': 'off',
  },
};
