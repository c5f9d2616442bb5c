import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Makes a certificate for localhost, signed by itself.
 *
 * @param {string} directory to put it in
 * @returns {Promise<{certificate: string, key: string, both: string}>} the files, PEM
 */
export async function makeCertificate(directory) {
  const [certificate, key, both] = ['crt', 'key', 'pem'].map((extension) => (
    join(directory, `lws-echo.${extension}`)));

  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
    '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', certificate]);
  await writeFile(both, await readFile(certificate, 'utf8') + await readFile(key, 'utf8'));
  return { certificate, key, both };
}
