// Verifies one statement.sigstore.json with stock sigstore-js, offline.
// usage: node verify.mjs BUNDLE SIGNER.spki.pem LEDGER.spki.pem
// Prints {"payload": "<the signed statement>"} and exits 0, or prints the refusal and exits 1.
// It proves signature and inclusion in the ledger, not the records: those are the auditor guide's procedure.
import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { HashAlgorithm, PublicKeyDetails } from '@sigstore/protobuf-specs';
import { Verifier, toSignedEntity, toTrustMaterial } from '@sigstore/verify';

const [bundlePath, signerPath, ledgerPath] = process.argv.slice(2);
if (!ledgerPath) {
  console.error('usage: node verify.mjs BUNDLE SIGNER.spki.pem LEDGER.spki.pem');
  process.exit(2);
}
const der = (path) => createPublicKey(readFileSync(path)).export({ type: 'spki', format: 'der' });
const always = { start: new Date(0) };

try {
  const bundle = bundleFromJSON(JSON.parse(readFileSync(bundlePath, 'utf8')));
  const ledger = der(ledgerPath);
  const root = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    ctlogs: [],
    tlogs: [
      {
        baseUrl: '',
        hashAlgorithm: HashAlgorithm.SHA2_256,
        publicKey: { rawBytes: ledger, keyDetails: PublicKeyDetails.PKIX_ED25519, validFor: always },
        logId: { keyId: createHash('sha256').update(ledger).digest() },
      },
    ],
  };
  const signer = () => ({ publicKey: createPublicKey(readFileSync(signerPath)), validFor: () => true });
  const verifier = new Verifier(toTrustMaterial(root, signer), { tlogThreshold: 1, timestampThreshold: 0 });
  verifier.verify(toSignedEntity(bundle));
  const payload = Buffer.from(bundle.content.dsseEnvelope.payload).toString('utf8');
  console.log(JSON.stringify({ payload }));
} catch (refusal) {
  console.error(`refused: ${refusal.code ?? refusal.name}: ${refusal.message}`);
  process.exit(1);
}
