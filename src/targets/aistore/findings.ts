import type { FindingTable } from '../../findings.ts'

export const aistoreFindings = {
  'aistore.no-cluster': {
    severity: 'blocks',
    title: 'No AIStore cluster answers there.',
    why: 'Its map says which nodes must serve the certificate.',
  },
  'aistore.not-new': {
    severity: 'blocks',
    title: 'Something answers where the new cluster shall be.',
    why: 'A cluster that runs takes nothing from ais.json; and no node starts on a port that is taken.',
  },
  'aistore.first-start': {
    severity: 'blocks',
    title: 'The new cluster has started on HTTP.',
    why: 'Nodes take the section for HTTPS from ais.json at their first start alone, and they have kept the other one.',
  },
  'aistore.not-joined': {
    severity: 'blocks',
    title: 'The new cluster is not whole.',
    why: 'A node that is missing serves nobody; one that nobody expects has not been proven.',
  },
  'aistore.other-scheme': {
    severity: 'blocks',
    title: 'The gateway speaks HTTPS, and its URL says http.',
    why: 'curl ends with 0 on that answer; ais and SDKs fail.',
  },
  'aistore.untrusted': {
    severity: 'blocks',
    title: 'The cluster serves a certificate that this machine does not trust.',
    why: 'Nothing is sent to a server that could be anybody.',
  },
  'aistore.login': {
    severity: 'blocks',
    title: 'The cluster wants a token.',
    why: 'Its settings can be changed only with the rights of an administrator.',
  },
  'aistore.client-root-change': {
    severity: 'blocks',
    title: 'Clients are verified by the root that is to be replaced.',
    why: 'Nodes verify by one root before the restart and by the other after it: no certificate of ours is good for both.',
  },
  'aistore.foreign-pair': {
    severity: 'blocks',
    title: 'The cluster serves a certificate that is not recorded here.',
    why: 'Replacing it could take away what somebody else put there on purpose.',
  },
  'aistore.foreign-file': {
    severity: 'blocks',
    title: 'A file of somebody else lies where the certificate goes.',
    why: 'It would be lost.',
  },
  'aistore.public-pair': {
    severity: 'blocks',
    title: 'The public listeners of the cluster have a certificate of their own.',
    why: 'net.http.pub goes before net.http there: one pair for all listeners would never be served outside.',
  },
  'aistore.listeners': {
    severity: 'blocks',
    title: 'These listeners cannot have a certificate of their own now.',
    why: 'net.http.pub stands beside a net.http that serves HTTPS, and AIStore 5.0 is the first to have it.',
  },
  'aistore.inside-unknown': {
    severity: 'blocks',
    title: 'The pair of the listeners inside is not trusted on this machine.',
    why: 'Public listeners without a pair of their own serve it: nobody here could ask the nodes anything.',
  },
  'aistore.relative-path': {
    severity: 'blocks',
    title: 'The cluster reads its certificate from a relative path.',
    why: 'It hangs on the folder in which each node was started, which nobody here can know.',
  },
  'aistore.not-started': {
    severity: 'blocks',
    title: 'The cluster has not started yet.',
    why: 'What is changed before every node has joined may be lost.',
  },
  'aistore.refused': {
    severity: 'blocks',
    title: 'The cluster refuses this.',
    why: 'The step is not done.',
  },
  'aistore.cli-version': {
    severity: 'warns',
    title: 'ais has another version than the one that is known here.',
    why: 'Its settings may have other names: the run would end after the cluster was switched, with ais on its old URL.',
  },
  'aistore.no-command': {
    severity: 'blocks',
    title: 'The command that starts the nodes cannot be run here.',
    why: 'The cluster would be shut down, and stay so.',
  },
  'aistore.still-open': {
    severity: 'blocks',
    title: 'A node still listens after the shutdown.',
    why: 'Started beside it, a node would find its port taken.',
  },
  'aistore.not-back': {
    severity: 'blocks',
    title: 'The cluster has not come back as it should.',
    why: 'Clients get no answer, or not from every node.',
  },
  'aistore.stale-node': {
    severity: 'blocks',
    title: 'A node does not load the new certificate.',
    why: 'It serves the old one until it expires; the cluster says that all is done.',
  },
  'aistore.other-root': {
    severity: 'blocks',
    title: 'The new certificate is signed by a root that the nodes do not trust.',
    why: 'Nodes read their roots at their start alone: after a load they would refuse each other.',
  },
  'aistore.client-roots': {
    severity: 'blocks',
    title: 'Clients cannot be verified without a private root on the nodes.',
    why: 'From client_auth_tls 3 on, net.http.client_ca_tls must hold the root that signs clients and nodes.',
  },
  'aistore.client-asked': {
    severity: 'blocks',
    title: 'The cluster demands a certificate of its clients, and takes none of ours.',
    why: 'It answers nobody else.',
  },
  'aistore.client-needed': {
    severity: 'blocks',
    title: 'The cluster would demand a certificate that nobody here has.',
    why: 'From the restart on it would refuse us, too: nobody could set it back.',
  },
  'aistore.client-refused': {
    severity: 'blocks',
    title: 'The cluster would refuse this certificate of a client.',
    why: 'From the restart on it would refuse us, too: nobody could set it back.',
  },
  'aistore.clients-need-pair': {
    severity: 'warns',
    title: 'Clients without a certificate of their own are refused.',
    why: 'ais and SDKs say "certificate required" then, and do nothing.',
  },
  'aistore.by-hand': {
    severity: 'blocks',
    title: 'Key and certificate must be put onto the nodes by hand.',
    why: 'AIStore takes a path to nothing, and its nodes die of it at their next start.',
  },
  'aistore.no-file': {
    severity: 'blocks',
    title: 'A node finds no certificate or key where it reads them.',
    why: 'It ends at its start; the others wait for it and end, too.',
  },
  'aistore.pair-mismatch': {
    severity: 'blocks',
    title: 'The key that a node reads does not belong to its certificate.',
    why: 'It ends at its start.',
  },
  'aistore.not-valid': {
    severity: 'blocks',
    title: 'The certificate that a node reads has expired, or is not valid yet.',
    why: 'A node that runs serves on; one that starts ends at once.',
  },
  'aistore.clock': {
    severity: 'blocks',
    title: 'By the clock of a node the certificate is not valid.',
    why: 'That node ends at its start, or goes on with the old certificate; the others wait for it.',
  },
  'aistore.clock-off': {
    severity: 'warns',
    title: 'The clock of a node is off.',
    why: 'A certificate is valid there earlier or later than here, and so is a token.',
  },
  'aistore.no-name': {
    severity: 'blocks',
    title: 'The certificate that a node reads does not have the name of the node.',
    why: 'The others refuse it, and it never joins.',
  },
  'aistore.no-client-usage': {
    severity: 'blocks',
    title: 'The certificate of a node is not for clients, and the nodes ask each other for one.',
    why: 'Nodes are clients of each other: targets end 20 s after their start.',
  },
  'aistore.no-ca': {
    severity: 'blocks',
    title: 'A node does not trust the certificate of the others.',
    why: 'Targets cannot reach the primary, and end 20 s after their start.',
  },
  'aistore.map-gone': {
    severity: 'blocks',
    title: 'A node has lost its cluster map.',
    why: 'A target without one waits in vain; a primary without one makes a new cluster of its own.',
  },
  'aistore.other-uuid': {
    severity: 'blocks',
    title: 'A node belongs to another cluster than it did.',
    why: 'Nodes that still have the old UUID never join again after their next start.',
  },
  'aistore.port-taken': {
    severity: 'blocks',
    title: 'Another program has the port of a node.',
    why: 'The node ends at its start.',
  },
  'aistore.node-down': {
    severity: 'blocks',
    title: 'A node does not run.',
    why: 'Clients that are sent to it get no answer.',
  },
  'aistore.left-running': {
    severity: 'notes',
    title: 'A node may still run without a port.',
    why: 'One of AIStore 5.0 that is shut down while it tries to reach a dead one never ends, and nothing starts in its place.',
  },
  'aistore.not-here': {
    severity: 'blocks',
    title: 'The settings of a node are not on this machine.',
    why: 'Nodes of one cluster must start with the same settings.',
  },
  'aistore.still-runs': {
    severity: 'blocks',
    title: 'The cluster runs, so it is not changed behind its back.',
    why: 'A node that runs writes its settings over what was changed in its files.',
  },
  'aistore.not-backed-up': {
    severity: 'notes',
    title: 'The state of a node is not on this machine, so it is not kept here.',
    why: 'Its .ais.conf and .ais.smap bring a cluster back that does not start any more.',
  },
} as const satisfies FindingTable
