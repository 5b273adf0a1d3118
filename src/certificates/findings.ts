import type { FindingTable } from '../findings.ts'

/**
 * Everything that the gate can find out, causes before what follows from them: findings of one
 * severity are shown in this order. What is repaired is a note; the repair says what was done.
 */
export const certificateFindings = {
  'cert.too-large': {
    severity: 'blocks',
    title: 'A file is too large for a certificate or key.',
    why: 'Files over 1 MiB or with more than 100 blocks are not read: a chain has two to five certificates.',
  },
  'cert.empty': {
    severity: 'blocks',
    title: 'A file is empty.',
    why: 'An empty file is what a failed copy or download leaves behind.',
  },
  'cert.unreadable': {
    severity: 'blocks',
    title: 'A file holds something that cannot be read as a certificate or key.',
    why: 'What cannot be read cannot be checked, and no server could load it.',
  },
  'cert.key-encrypted': {
    severity: 'blocks',
    title: 'The key is locked, and no passphrase was given.',
    why: 'A locked key cannot be held against the certificate.',
  },
  'cert.passphrase-wrong': {
    severity: 'blocks',
    title: 'This passphrase does not open the key.',
    why: 'A locked key cannot be held against the certificate. The file is whole.',
  },
  'cert.key-unlock': {
    severity: 'blocks',
    title: 'The key must go in without its passphrase, and nobody has agreed to that.',
    why: 'A server that starts by itself cannot be asked for a passphrase. What is kept is a copy of mode 0600.',
  },
  'cert.leaf-missing': {
    severity: 'blocks',
    title: 'There is no certificate for a server in these files.',
    why: 'A server proves its name with a certificate of its own, the leaf; that of a CA only vouches for others.',
  },
  'cert.key-missing': {
    severity: 'blocks',
    title: 'There is no private key in these files.',
    why: 'A server can use a certificate only together with its key.',
  },
  'cert.key-mismatch': {
    severity: 'blocks',
    title: 'The key does not belong to this certificate.',
    why: 'Certificate and key are two halves of one thing; a server cannot speak TLS with halves of two.',
  },
  'cert.leaf-is-ca': {
    severity: 'blocks',
    title: 'This is the certificate of an authority (CA), not one of a server.',
    why: 'rustls and Firefox refuse a CA certificate as that of a server (CaUsedAsEndEntity).',
  },
  'cert.key-type': {
    severity: 'blocks',
    title: 'The target cannot use a key of this type.',
    why: 'The server or its clients do not know this kind of key.',
  },
  'cert.weak-key': {
    severity: 'blocks',
    title: 'A key in the chain is too short.',
    why: 'RSA below 2,048 bits is refused by OpenSSL at its usual security level, by Go and by browsers.',
  },
  'cert.weak-signature': {
    severity: 'blocks',
    title: 'A certificate is signed with a broken hash function.',
    why: 'Signatures over MD5 and SHA-1 can be forged; current clients refuse them.',
  },
  'cert.name-only-cn': {
    severity: 'blocks',
    title: 'The name stands only in the common name (CN).',
    why: 'Clients read the list of names alone (SAN, subject alternative names; RFC 9525); the CN has not counted since 2017.',
  },
  'cert.name-missing': {
    severity: 'blocks',
    title: 'No name in the certificate covers what clients ask for.',
    why: 'Every client refuses a certificate that is for another name.',
  },
  'cert.expired': {
    severity: 'blocks',
    title: 'The certificate has expired.',
    why: 'Every client refuses it.',
  },
  'cert.not-yet-valid': {
    severity: 'blocks',
    title: 'The certificate is not valid yet.',
    why: 'Every client refuses it until then.',
  },
  'cert.name-wide': {
    severity: 'blocks',
    title: 'Its wildcard stands for all names of a public suffix.',
    why: 'Under a public suffix such as co.uk everybody can own a name, so clients do not take its wildcard.',
  },
  'cert.eku': {
    severity: 'blocks',
    title: 'The certificate is not meant for this use.',
    why: 'It names the uses that it allows (EKU), and one that is needed here is not among them.',
  },
  'cert.must-staple': {
    severity: 'blocks',
    title: 'The certificate asks for a stapled OCSP response.',
    why: 'The server does not staple, so clients that honour the request refuse it.',
  },
  'cert.link-broken': {
    severity: 'blocks',
    title: 'The chain is broken: a certificate was not signed by the one above it.',
    why: 'The name of the issuer is right, but clients check the signature and what a CA may do.',
  },
  'cert.intermediate-missing': {
    severity: 'blocks',
    title: 'A certificate of the chain is missing.',
    why: 'A server sends every certificate between its own and the root. Some browsers fetch what is missing; curl, Python and Go refuse the chain.',
  },
  'cert.link-expired': {
    severity: 'blocks',
    title: 'A certificate above the leaf is not valid now.',
    why: 'Clients refuse a chain when one certificate on their way to the root is out of date.',
  },
  'cert.root-untrusted': {
    severity: 'blocks',
    title: 'The chain does not lead to one of the roots that were named.',
    why: 'Clients that trust these roots alone refuse it.',
  },
  'cert.too-deep': {
    severity: 'blocks',
    title: 'There are more CAs between leaf and root than are allowed.',
    why: 'Clients with such a limit (max-depth) refuse the chain.',
  },
  'cert.revoked': {
    severity: 'blocks',
    title: 'A certificate of the chain has been revoked.',
    why: 'Its authority says that it must not be trusted any more; clients that look refuse it.',
  },
  'cert.crl-unusable': {
    severity: 'blocks',
    title: 'A list of revoked certificates cannot be relied on.',
    why: 'Without a list that is genuine and current nobody can say that a certificate is not revoked.',
  },
  'cert.critical-unknown': {
    severity: 'blocks',
    title: 'A certificate demands something that clients do not know.',
    why: 'An extension that is marked critical must be understood; who does not refuses the chain.',
  },
  'cert.root-needed': {
    severity: 'blocks',
    title: 'The root is missing, and this target needs it in the chain.',
    why: 'Parts of the target trust the last certificate of the chain file and nothing else.',
  },
  'cert.expires-soon': {
    severity: 'warns',
    title: 'Less than a third of its lifetime is left.',
    why: 'Rotation is due at a third: this certificate would be due from the first day.',
  },
  'cert.lifetime-long': {
    severity: 'warns',
    title: 'The certificate lives longer than browsers allow.',
    why: 'Browsers limit leaves of public roots by the day of issue: 398 days, from 2026-03-15 200, from 2027-03-15 100, from 2029-03-15 47 (CA/Browser Forum ballot SC-081v3).',
  },
  'cert.just-issued': {
    severity: 'warns',
    title: 'The certificate has only just become valid.',
    why: 'Clients whose clocks are slow refuse it until they get there.',
  },
  'cert.key-usage': {
    severity: 'warns',
    title: 'The certificate does not allow its key to sign.',
    why: 'In TLS 1.3 the server proves itself with a signature: Chrome and Firefox insist on digitalSignature.',
  },
  'cert.algorithm-form': {
    severity: 'warns',
    title: 'A certificate names its signature algorithm in two ways.',
    why: 'Who reads the other one comes to another result.',
  },
  'cert.ca-form': {
    severity: 'warns',
    title: 'A CA in the chain is not made as a CA must be.',
    why: 'Strict clients do not take it for a CA.',
  },
  'cert.leaf-form': {
    severity: 'warns',
    title: 'The leaf says of itself what only a CA may say.',
    why: 'Strict clients refuse a certificate that contradicts itself.',
  },
  'cert.key-id': {
    severity: 'warns',
    title: 'A certificate does not say by which key it was signed, or which key it has.',
    why: 'By these ids clients find the issuer; strict ones insist on them.',
  },
  'cert.extension-critical': {
    severity: 'warns',
    title: 'An extension has the wrong critical flag.',
    why: 'The flag decides whether a client that does not know the extension goes on.',
  },
  'cert.extension-form': {
    severity: 'warns',
    title: 'An extension does not say what it must.',
    why: 'Strict clients refuse what they cannot read as it is meant.',
  },
  'cert.constraints-form': {
    severity: 'warns',
    title: 'The name constraints of a CA are not written as they must be.',
    why: 'Clients read them in different ways, and some refuse them.',
  },
  'cert.name-form': {
    severity: 'warns',
    title: 'A name in the SAN is not written as it must be.',
    why: 'No client finds such a name, and strict ones refuse the certificate.',
  },
  'cert.cn-form': {
    severity: 'warns',
    title: 'The common name is none of the names in the SAN.',
    why: 'Clients do not read it, but authorities of public roots may not issue this.',
  },
  'cert.eku-form': {
    severity: 'warns',
    title: 'The certificate is not for servers alone.',
    why: 'Authorities of public roots must name serverAuth and leave out other uses.',
  },
  'cert.version': {
    severity: 'warns',
    title: 'A certificate is not of version 3.',
    why: 'Older versions have no extensions: no names, no uses, no limits.',
  },
  'cert.serial-number': {
    severity: 'warns',
    title: 'A serial number is not as it must be.',
    why: 'Lists of revoked certificates name certificates by it: 1 to 20 bytes, more than nought.',
  },
  'cert.dates-form': {
    severity: 'warns',
    title: 'The dates of a certificate are not written as they must be.',
    why: 'Clients read such dates differently, or not at all.',
  },
  'cert.key-form': {
    severity: 'warns',
    title: 'A key in the chain is of a kind that public clients do not take.',
    why: 'They take RSA from 2,048 bits on and the named curves P-256, P-384 and P-521.',
  },
  'cert.signature-form': {
    severity: 'warns',
    title: 'A signature is made in a way that public clients do not take.',
    why: 'They take SHA-256, SHA-384 and SHA-512, on a curve the one of its size.',
  },
  'cert.key-readable': {
    severity: 'warns',
    title: 'Other users of this machine can read the key.',
    why: 'Whoever has the key can pose as this endpoint until the certificate expires.',
  },
  'cert.key-unlocked': {
    severity: 'notes',
    title: 'The key goes in without its passphrase.',
    why: 'A server that starts by itself cannot be asked for a passphrase. What is kept is readable by you alone.',
  },
  'cert.format': {
    severity: 'notes',
    title: 'A file is not PEM.',
    why: 'Servers load PEM. What goes in is written as PEM, with the same bytes of certificate and key.',
  },
  'cert.encoding': {
    severity: 'notes',
    title: 'A file is not plain text.',
    why: 'A byte order mark or UTF-16, as Windows writes it, makes servers miss the first block or all.',
  },
  'cert.passed-over': {
    severity: 'notes',
    title: 'There are other certificates or keys here, and one was chosen.',
    why: 'The one for the wanted name that has its key and lives longest is taken.',
  },
  'cert.root-private': {
    severity: 'notes',
    title: 'The chain leads to a root that this machine does not trust.',
    why: 'Only clients that are told to trust this root accept the certificate.',
  },
  'cert.chain-completed': {
    severity: 'notes',
    title: 'A certificate of the chain was not in the files; it is added.',
    why: 'Clients that do not have it already refuse the chain without it.',
  },
  'cert.order': {
    severity: 'notes',
    title: 'The certificates are not in the order in which a server sends them.',
    why: 'Servers take the first certificate for the leaf; strict clients refuse any other order.',
  },
  'cert.duplicate': {
    severity: 'notes',
    title: 'A certificate is there twice.',
    why: 'Sent twice it costs each handshake time, and strict clients refuse the chain.',
  },
  'cert.stranger': {
    severity: 'notes',
    title: 'A certificate does not belong to this chain.',
    why: 'It costs each handshake time, and strict clients refuse the chain.',
  },
  'cert.root-sent': {
    severity: 'notes',
    title: 'The root stands in the chain.',
    why: 'Clients have the roots that they trust; sending one only costs each handshake time.',
  },
  'cert.text-not-ascii': {
    severity: 'notes',
    title: 'The text around the certificates has letters beyond ASCII.',
    why: 'az reads such a file as ASCII and ends with UnicodeEncodeError.',
  },
  'cert.text-around': {
    severity: 'notes',
    title: 'There is other text around the certificates.',
    why: 'Some servers refuse a chain file with anything but PEM in it.',
  },
} as const satisfies FindingTable

export type CertificateFindingId = keyof typeof certificateFindings
