import { type Command, Option } from 'commander'
import type { Choose } from '../../program.ts'

/** `cert` and the commands under it. */
export function defineCert(program: Command, choose: Choose): void {
  const cert = program
    .command('cert')
    .description('check, inspect, convert or issue a certificate on its own')
  cert
    .command('check')
    .description('what the gate says of a certificate and its key: 0 usable, 65 blocked')
    .argument('[files...]', 'files and folders with chain and key, in any order')
    .option('--chain <file>', 'the certificate, with its intermediates')
    .option('--key <file>', 'its private key')
    .option('--passphrase-file <file>', 'opens an encrypted key')
    .option('--intermediates <path>', 'a file or folder with missing intermediates')
    .option('--roots <file>', "the only roots that count; by default the system's")
    .option('--crls <file>', 'lists of revoked certificates')
    .option('--domain <name>', 'a name or IP address that it must cover')
    .option('--target <kind>', 'the target that it goes into')
    .addOption(
      new Option(
        '--profile <profile>',
        'webpki blocks whatever RFC 5280 and CA/Browser rules forbid',
      )
        .choices(['target', 'webpki'])
        .default('target'),
    )
    .addOption(
      new Option('--purpose <purpose>', 'what the certificate is for').choices([
        'server',
        'client',
      ]),
    )
    .option('--max-depth <n>', 'how many CAs may stand between leaf and root')
    .option('--at <time>', 'judge as of this time (RFC 3339)')
    .option('--dir <folder>', 'check every pair in a folder and the folders in it')
    .option('--fetch', 'fetch a missing intermediate from where the certificate says')
    .option('--fetch-private', 'the same, also from an address of a private network')
    .action((files, options) =>
      choose(options, async io => (await import('./check.ts')).check(files, options, io)),
    )
  cert
    .command('inspect')
    .description('what some files hold; nothing is judged')
    .argument('<files...>', 'files of any kind, and folders')
    .option('--passphrase-file <file>', 'opens what is locked')
    .action((files, options) =>
      choose(options, async io => (await import('./inspect.ts')).inspect(files, options, io)),
    )
  cert
    .command('convert')
    .description('write what some files hold in another form; they stay as they are')
    .argument('<files...>', 'files of any kind, and folders')
    .option('--to <form>', 'pem, der, p12, p7 or k8s-secret')
    .option('--out <path>', 'the file, or the folder, that is written')
    .option('--passphrase-file <file>', 'opens what is locked')
    .option('--out-passphrase-file <file>', 'locks the new file (p12)')
    .option('--force', 'write over what is there')
    .action((files, options) =>
      choose(options, async io => (await import('./convert.ts')).convert(files, options, io)),
    )
  defineIssuing(cert, choose)
}

/** Those that make certificates, CAs and trust. */
function defineIssuing(cert: Command, choose: Choose): void {
  cert
    .command('issue')
    .description('make a certificate as init does, or ask your own CA for one (--csr)')
    .argument('[names...]', 'DNS names and IP addresses')
    .option('--key-type <type>', 'ecdsa-p256 or -p384, rsa-2048, -3072 or -4096, ed25519')
    .option('--days <days>', 'its lifetime')
    .option('--authority <who>', 'local: a local CA signs it; none: it signs itself')
    .option('--target <kind>', 'the target that it goes into')
    .option('--out <folder>', 'where the files go')
    .option('--lock-ca', 'lock the key of a local CA that is made, with a passphrase')
    .option('--passphrase-file <file>', 'locks a new local CA, opens a locked one')
    .option('--csr', 'make a key and a request, and let your own CA answer it')
    .option('--subject <parts>', 'with --csr: "C=DE, O=Example GmbH, OU=ML"')
    .option('--answer <files...>', 'what your CA has sent, days later perhaps')
    .option('--roots <file>', 'with --answer: the root that clients trust')
    .option('--waiting', 'list the requests that wait for an answer')
    .action((names, options) =>
      choose(options, async io => (await import('./issue.ts')).issue(names, options, io)),
    )
  cert
    .command('trust')
    .description('how clients come to trust an endpoint: shown, and done on request')
    .argument('<what>', 'a recorded endpoint, a local CA, or a PEM file of roots')
    .option('--for <ways...>', 'only some: debian, macos, node, java, kubernetes, ...')
    .option('--out <folder>', 'where roots.pem, bundle.pem and the others go')
    .option('--install', 'put it into the store of this machine (Debian and RHEL alike)')
    .option('--remove', 'take it out of that store again')
    .option('--yes', 'agree to the change')
    .action((what, options) =>
      choose(options, async io => (await import('./trust.ts')).trust(what, options, io)),
    )
  defineAuthority(cert.command('ca').description('the local CAs of this machine'), choose)
}

function defineAuthority(ca: Command, choose: Choose): void {
  ca.command('list', { isDefault: true })
    .description('for whom each may sign, until when, and where a rollover stands')
    .action(options => choose(options, async io => (await import('./ca.ts')).caList(options, io)))
  ca.command('make')
    .description('make one that may vouch for some names and what is below them')
    .argument('<names...>', 'DNS names and IP addresses')
    .option('--key-type <type>', 'ecdsa-p256 or -p384, rsa-2048, -3072 or -4096')
    .option('--lock-ca', 'lock its key with a passphrase, typed hidden')
    .option('--passphrase-file <file>', 'the passphrase, in the first line of a file')
    .action((names, options) =>
      choose(options, async io => (await import('./ca.ts')).caMake(names, options, io)),
    )
  ca.command('roll')
    .description('replace one step by step, so that no client is left behind')
    .argument('<name>', 'the CA, or an endpoint whose leaf it signed')
    .option('--sign', 'clients have both roots: let the new CA sign')
    .option('--end', 'no leaf of the old CA is in use: trust it no more')
    .option('--back', 'one stage back')
    .option('--key-type <type>', 'of the new CA; the same by default')
    .option('--passphrase-file <file>', 'opens the old CA, locks the new one')
    .option('--yes', 'with --end: leaves in files are replaced')
    .action((name, options) =>
      choose(options, async io => (await import('./ca-roll.ts')).caRoll(name, options, io)),
    )
}
