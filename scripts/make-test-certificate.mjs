// Makes the certificates that tests serve RTSP over TLS with: self-signed, for localhost, 127.0.0.1 and ::1.
// There are two, so that a test can tell the one before a reload from the one after, and one with an RSA key, for TLS of
// old firmware. Their keys protect nothing.
//
// node scripts/make-test-certificate.mjs [name ...]      needs openssl
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const directory = fileURLToPath(
  new URL('../packages/rtspool/test/support/certificates/', import.meta.url),
)
/** A hundred years: tests do not fail because time goes by. */
const days = 36_500
const names = process.argv.length > 2 ? process.argv.slice(2) : ['first', 'second', 'rsa']
const ellipticKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
const rsaKey = ['-newkey', 'rsa:2048']

for (const name of names) {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-nodes', ...(name === 'rsa' ? rsaKey : ellipticKey)],
      ...['-days', `${days}`, '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'],
      ...['-keyout', `${directory}${name}.key.pem`, '-out', `${directory}${name}.cert.pem`],
    ],
    { stdio: 'pipe' },
  )
  console.log(`${directory}${name}.{key,cert}.pem`)
}
