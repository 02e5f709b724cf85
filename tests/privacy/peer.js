// Sealed records, keystores and seeds by other libraries, from what the docstrings say: HPKE by @hpke/core,
// RFC 8785 by canonicalize, AES and scrypt by Node, BIP-39 and BIP-32 by @scure. Standard input holds a list
// of tasks, each with what its `do` names; the answers go to standard output.
const { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, hkdfSync, randomBytes, scryptSync } =
  require('crypto');
const { Aes256Gcm, CipherSuite, HkdfSha256 } = require('@hpke/core');
const { DhkemX25519HkdfSha256 } = require('@hpke/dhkem-x25519');
const { HDKey } = require('@scure/bip32');
const { mnemonicToEntropy, mnemonicToSeedSync } = require('@scure/bip39');
const { wordlist } = require('@scure/bip39/wordlists/english');
const { keccak_256 } = require('@noble/hashes/sha3');

const kem = new DhkemX25519HkdfSha256();
const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const hex = (text) => Buffer.from(text.replace(/^0x/, ''), 'hex');
const number = (value, size) => hex(BigInt(value).toString(16).padStart(2 * size, '0'));
const keccak = (...parts) => Buffer.from(keccak_256(Buffer.concat(parts.map((part) => Buffer.from(part)))));
const scope = ({ chain_id, desk }) => Buffer.concat([number(chain_id, 32), hex(desk)]);
const bound = (task, entry) => Buffer.concat([Buffer.from('proofdesk.record.v1'), scope(task), hex(entry)]);
const info = (task, entry, key) =>
  Buffer.concat([Buffer.from('proofdesk.wrap.v1'), scope(task), hex(entry), hex(key)]);
const to = (entry, key) => keccak('proofdesk.reader.v1', hex(entry), hex(key)).subarray(0, 16).toString('hex');

// An X25519 key's public half, by the DER forms of RFC 8410.
function publicOf(secret) {
  const der = Buffer.concat([hex('302e020100300506032b656e04220420'), secret]);
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return key.export({ format: 'der', type: 'spki' }).subarray(-32);
}

async function hpkeOpen(secret, sealed, info) {
  const recipientKey = await kem.importKey('raw', hex(secret), false);
  const recipient = { recipientKey, enc: sealed.subarray(0, 32), info };
  return Buffer.from(await suite.open(recipient, sealed.subarray(32)));
}

async function hpkeSeal(key, plain, info) {
  const recipientPublicKey = await kem.importKey('raw', hex(key), true);
  const { ct, enc } = await suite.seal({ recipientPublicKey, info }, plain);
  return Buffer.concat([Buffer.from(enc), Buffer.from(ct)]);
}

function decoy(content, place) {
  const made = Buffer.from(
    hkdfSync('sha256', content, '', Buffer.concat([Buffer.from('proofdesk.decoy.v1'), number(place, 4)]), 96),
  );
  const key = Buffer.concat([publicOf(made.subarray(16, 48)), made.subarray(48)]);
  return { to: made.subarray(0, 16).toString('hex'), key: key.toString('base64') };
}

const tasks = {
  hpkeOpen: async ({ secret, sealed, info }) => (await hpkeOpen(secret, hex(sealed), hex(info))).toString('hex'),
  hpkeSeal: async ({ key, plain, info }) => (await hpkeSeal(key, hex(plain), hex(info))).toString('hex'),

  async unseal(task) {
    const { entry, nonce, content, wraps } = JSON.parse(task.content);
    const mine = wraps.find((wrap) => wrap.to === to(entry, task.key));
    const secret = await hpkeOpen(task.secret, Buffer.from(mine.key, 'base64'), info(task, entry, task.key));
    const sealed = Buffer.from(content, 'base64');
    const aes = createDecipheriv('aes-256-gcm', secret, Buffer.from(nonce, 'base64'));
    aes.setAAD(bound(task, entry)).setAuthTag(sealed.subarray(-16));
    const padded = Buffer.concat([aes.update(sealed.subarray(0, -16)), aes.final()]);
    const { record, salt } = JSON.parse(padded.subarray(4, 4 + padded.readUInt32BE()));
    const made = keccak('proofdesk.entry.v1', hex(salt), (await canonicalize())(record));
    const known = new Map(wraps.map((wrap) => [wrap.to, wrap.key]));
    const decoys = [0, 1, 2].map((place) => decoy(secret, place)).filter((one) => known.get(one.to) === one.key);
    return { record, salt, matches: '0x' + made.toString('hex') === entry, decoys: decoys.length };
  },

  async seal(task) {
    const form = await canonicalize();
    const entry = '0x' + keccak('proofdesk.entry.v1', hex(task.salt), form(task.record)).toString('hex');
    const [secret, nonce] = [randomBytes(32), randomBytes(12)];
    const plain = Buffer.from(form({ v: 1, salt: task.salt, record: task.record }));
    const whole = Buffer.concat([number(plain.length, 4), plain]);
    let size = 1024;
    while (size < whole.length) size *= 2;
    const aes = createCipheriv('aes-256-gcm', secret, nonce).setAAD(bound(task, entry));
    const sealed = [aes.update(Buffer.concat([whole], size)), aes.final(), aes.getAuthTag()];
    const wraps = [];
    for (const key of task.keys) {
      const wrapped = await hpkeSeal(key, secret, info(task, entry, key));
      wraps.push({ to: to(entry, key), key: wrapped.toString('base64') });
    }
    while (wraps.length % 4) wraps.push(decoy(secret, wraps.length - task.keys.length));
    wraps.sort((one, other) => (one.to < other.to ? -1 : 1));
    return JSON.stringify({
      format: 'proofdesk-sealed/1',
      entry,
      nonce: nonce.toString('base64'),
      content: Buffer.concat(sealed).toString('base64'),
      wraps,
    });
  },

  canonical: async ({ text }) => (await canonicalize())(JSON.parse(text)),

  // As strict as a wallet: sizes are the ciphers' own.
  keystore({ content, password }) {
    const { crypto, version } = JSON.parse(content);
    const { n, r, p, dklen, salt } = crypto.kdfparams;
    const derived = scryptSync(password, hex(salt), dklen, { N: n, r, p, maxmem: 2 ** 30 });
    const sealed = hex(crypto.ciphertext);
    const right = version === 3 && crypto.kdf === 'scrypt' && crypto.cipher === 'aes-128-ctr';
    if (!right || keccak(derived.subarray(16, 32), sealed).toString('hex') !== crypto.mac) return null;
    const aes = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), hex(crypto.cipherparams.iv));
    return Buffer.concat([aes.update(sealed), aes.final()]).toString('hex');
  },

  derive({ words, paths }) {
    const root = HDKey.fromMasterSeed(mnemonicToSeedSync(words));
    const entropy = Buffer.from(mnemonicToEntropy(words, wordlist)).toString('hex');
    return { entropy, keys: paths.map((path) => Buffer.from(root.derive(path).privateKey).toString('hex')) };
  },

  scalar({ key }) {
    const made = Buffer.from(hkdfSync('sha256', hex(key), 'proofdesk.x25519.v1', '', 32));
    return publicOf(made).toString('hex');
  },
};

// The package is a module of the newer kind.
const canonicalize = async () => (await import('canonicalize')).default;

(async () => {
  const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  const answers = [];
  for (const task of asked) answers.push(await tasks[task.do](task));
  process.stdout.write(JSON.stringify(answers));
})();
