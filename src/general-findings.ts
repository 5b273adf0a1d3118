import type { FindingTable } from './findings.ts'

/** Findings that belong to no tool, target or certificate: answers, plan, run, record. */
export const generalFindings = {
  usage: {
    severity: 'blocks',
    title: 'The command line is not complete.',
    why: 'Nothing is guessed that somebody must say.',
  },
  'proof.unanswered': {
    severity: 'warns',
    title: 'Clients got no answer for a while during the change.',
    why: 'What they asked for meanwhile failed, unless they tried again.',
  },
  'certificate.not-managed': {
    severity: 'blocks',
    title: 'This target takes no certificate that somebody else manages.',
    why: 'It is given its pair as files, and gets a new one when they change here.',
  },
  'answers.unreadable': {
    severity: 'blocks',
    title: 'The answers cannot be read.',
    why: 'No tool is called before all answers are right.',
  },
  'answers.no-yaml': {
    severity: 'blocks',
    title: 'The answers are no valid YAML or JSON.',
    why: 'No tool is called before all answers are right.',
  },
  'answers.wrong': {
    severity: 'blocks',
    title: 'An answer is not right.',
    why: 'No tool is called before all answers are right.',
  },
  'answers.missing': {
    severity: 'blocks',
    title: 'An answer is missing.',
    why: 'No tool is called before all answers are there.',
  },
  'answers.file-unreadable': {
    severity: 'blocks',
    title: 'A file that the answers name cannot be read.',
    why: 'The plan makes its copy from it.',
  },
  'answers.secret-unreadable': {
    severity: 'blocks',
    title: 'A secret cannot be read from where the answers point.',
    why: 'The key stays locked without it.',
  },
  'answers.secret-missing': {
    severity: 'blocks',
    title: 'A secret is needed that the answers point to nowhere.',
    why: 'It is asked for, hidden, where somebody is at a terminal; a script must be told where it is.',
  },
  'endpoint.served': {
    severity: 'blocks',
    title: 'What is served is not what is recorded.',
    why: 'Clients get something else than was proven, or will soon.',
  },
  'endpoint.secret-drift': {
    severity: 'blocks',
    title: 'The Secret that pods read when they start was changed by hand.',
    why: 'What it holds now is served from the next restart of a pod on, at the latest.',
  },
  'answers.no-mapping': {
    severity: 'blocks',
    title: 'A file that the answers name is no YAML with keys.',
    why: 'The plan makes its copy from it.',
  },
  'answers.yaml-unusual': {
    severity: 'blocks',
    title: 'A file is written in a way that cannot be edited safely.',
    why: 'A copy that differs in more than it should would change the service.',
  },
  'template.wrong': {
    severity: 'blocks',
    title: 'A template does not render to what is needed.',
    why: 'No tool must see half a file.',
  },
  'plan.capture-missing': {
    severity: 'blocks',
    title: 'A step needs what no step has found out yet.',
    why: 'The plan would act on a guess.',
  },
  'step.capture-missing': {
    severity: 'blocks',
    title: 'An answer lacks what a later step needs.',
    why: 'A later step needs it.',
  },
  'step.not-as-wanted': {
    severity: 'blocks',
    title: 'It is not as wanted.',
    why: 'Clients would not get what the plan promises.',
  },
  'proof.failed': {
    severity: 'blocks',
    title: 'A probe did not pass.',
    why: 'Clients would not get what the plan promises.',
  },
  'wait.too-long': {
    severity: 'blocks',
    title: 'It is not as wanted at the limit of the wait.',
    why: 'It may only need more time.',
  },
  'wait.left': {
    severity: 'blocks',
    title: 'The wait was left.',
    why: 'Nothing is lost by waiting longer.',
  },
  'record.cannot-write': {
    severity: 'blocks',
    title: 'The record cannot be written.',
    why: 'Without its record a run could not be taken up again or undone.',
  },
  'record.cannot-read': {
    severity: 'blocks',
    title: 'The record cannot be read.',
    why: 'What was done before is needed to know what to do now.',
  },
  'record.newer': {
    severity: 'blocks',
    title: 'A file of the record was written by a newer secure-endpoint.',
    why: 'Guessing what it means could put a wrong certificate in place.',
  },
  'record.damaged': {
    severity: 'blocks',
    title: 'A file of the record is damaged, or not of secure-endpoint.',
    why: 'Guessing what it means could put a wrong certificate in place.',
  },
  'record.unknown': {
    severity: 'blocks',
    title: 'No endpoint of this name is recorded on this machine.',
    why: 'Its answers and certificates are needed.',
  },
  'record.unknown-target': {
    severity: 'blocks',
    title: 'This secure-endpoint does not know the target of a recorded run.',
    why: 'Its steps cannot be carried out.',
  },
  'record.unfinished': {
    severity: 'blocks',
    title: 'A run of the endpoint with other answers is not finished.',
    why: 'Its steps may be half done.',
  },
  'record.unfinished-only': {
    severity: 'blocks',
    title: 'The endpoint has never been served: its first run is not finished.',
    why: 'There is nothing to rotate, verify or disable yet.',
  },
  'record.no-generation-before': {
    severity: 'blocks',
    title: 'There is no certificate before the current one to bring back.',
    why: 'Only what was kept can come back.',
  },
  'lock.held': {
    severity: 'blocks',
    title: 'The target is locked by another run.',
    why: 'Two runs on one target would undo each other.',
  },
  'lock.contended': {
    severity: 'blocks',
    title: 'Several runs want this target at the same moment.',
    why: 'Two runs on one target would undo each other.',
  },
  'cert.name-invalid': {
    severity: 'blocks',
    title: 'A name is neither a DNS name nor an IP address.',
    why: 'No certificate can cover it.',
  },
  'cert.authority-damaged': {
    severity: 'blocks',
    title: 'A local CA on this machine is damaged.',
    why: 'What it would sign could not be verified.',
  },
  'cert.authority-locked': {
    severity: 'blocks',
    title: 'The key of a local CA is locked, and no passphrase was given.',
    why: 'Without its key it cannot sign a leaf.',
  },
  'cert.authority-passphrase': {
    severity: 'blocks',
    title: 'This passphrase does not open the key of a local CA.',
    why: 'Without its key it cannot sign a leaf. The file is whole.',
  },
  'cert.authority-unknown': {
    severity: 'blocks',
    title: 'No local CA of this name is kept on this machine.',
    why: 'Only a CA that is kept here can be rolled over or exported.',
  },
  'cert.rollover-order': {
    severity: 'blocks',
    title: 'The rollover of a local CA is not at the stage that this step needs.',
    why: 'Clients that do not have the new root yet would refuse what it signs.',
  },
  'cert.rollover-in-use': {
    severity: 'blocks',
    title: 'A leaf of the old CA is still in use.',
    why: 'Clients that lose the old root would refuse it.',
  },
  'cert.key-type-target': {
    severity: 'blocks',
    title: 'The target cannot use a key of this type.',
    why: 'The server or its named clients do not know this kind of key.',
  },
  'cert.request-taken': {
    severity: 'blocks',
    title: 'Another request waits in this folder.',
    why: 'Its key must not be written over: the answer of the CA belongs to it.',
  },
  'cert.request-damaged': {
    severity: 'blocks',
    title: 'A waiting request is damaged.',
    why: 'An answer can only be used with the key that was made for it.',
  },
  'cert.answer-unknown': {
    severity: 'blocks',
    title: 'The answer belongs to none of the keys that wait here.',
    why: 'A server can use a certificate only together with the key of its request.',
  },
  'cert.answer-waits': {
    severity: 'blocks',
    title: 'The CA has not answered yet.',
    why: 'The key and its request wait here; the certificate is what the CA sends.',
  },
  'trust.unknown': {
    severity: 'blocks',
    title: 'There is nothing of this name that clients could trust.',
    why: 'Trust is given to the roots of an endpoint, of a local CA, or of a PEM file.',
  },
  'trust.not-here': {
    severity: 'blocks',
    title: 'Trust cannot be installed on this system from here.',
    why: 'Only Debian-like and RHEL-like systems are driven; for others the commands are shown.',
  },
  'trust.failed': {
    severity: 'blocks',
    title: "The system's own command did not take the root.",
    why: 'Programs of this machine would not trust the endpoint.',
  },
  'cert.nothing-to-convert': {
    severity: 'blocks',
    title: 'What the form needs is not in these files.',
    why: 'A form without it could not be used.',
  },
  'cert.file-taken': {
    severity: 'blocks',
    title: 'A file is there already.',
    why: 'A key that is in use must not be written over.',
  },
} as const satisfies FindingTable

export type GeneralFindingId = keyof typeof generalFindings
