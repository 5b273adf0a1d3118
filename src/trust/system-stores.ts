/** How a Linux system is told to trust a root. */
export interface SystemStore {
  id: 'debian' | 'rhel'
  title: string
  /** One file a root goes here. */
  folder: string
  update: readonly [string, ...string[]]
  updateAfterRemoval: readonly [string, ...string[]]
}

/** From update-ca-certificates(8) and update-ca-trust(8). */
export const systemStores: readonly SystemStore[] = [
  {
    id: 'debian',
    title: 'Debian, Ubuntu, Alpine',
    folder: '/usr/local/share/ca-certificates',
    update: ['update-ca-certificates'],
    updateAfterRemoval: ['update-ca-certificates', '--fresh'],
  },
  {
    id: 'rhel',
    title: 'RHEL, Fedora, Amazon Linux',
    folder: '/etc/pki/ca-trust/source/anchors',
    update: ['update-ca-trust', 'extract'],
    updateAfterRemoval: ['update-ca-trust', 'extract'],
  },
]
