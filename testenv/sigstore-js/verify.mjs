// Verifies one statement.sigstore.json with stock sigstore-js, offline.
// usage: node verify.mjs BUNDLE SIGNER.spki.pem trusted_root.json
// Prints {"payload": "<the signed statement>"} and exits 0, or prints the refusal and exits 1.
// It proves signature and inclusion in the ledger, not the records: those are the auditor guide's procedure.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { Verifier, toSignedEntity, toTrustMaterial } from '@sigstore/verify';

const [bundlePath, signerPath, rootPath] = process.argv.slice(2);
if (!rootPath) {
  console.error('usage: node verify.mjs BUNDLE SIGNER.spki.pem trusted_root.json');
  process.exit(2);
}

try {
  const bundle = bundleFromJSON(JSON.parse(readFileSync(bundlePath, 'utf8')));
  const root = TrustedRoot.fromJSON(JSON.parse(readFileSync(rootPath, 'utf8')));
  const signer = () => ({ publicKey: createPublicKey(readFileSync(signerPath)), validFor: () => true });
  const verifier = new Verifier(toTrustMaterial(root, signer), { tlogThreshold: 1, timestampThreshold: 0 });
  verifier.verify(toSignedEntity(bundle));
  const payload = Buffer.from(bundle.content.dsseEnvelope.payload).toString('utf8');
  console.log(JSON.stringify({ payload }));
} catch (refusal) {
  console.error(`refused: ${refusal.code ?? refusal.name}: ${refusal.message}`);
  process.exit(1);
}
