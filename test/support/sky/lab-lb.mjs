// The lab's real SkyServe load balancer behind the double: started with its own tool, ended with this
// process. Publishes its port, or what it died of.
import { spawnSync } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'

const [lb, file, pairKey, cert, _readyAt, wanted, fault] = process.argv.slice(2)
const key = fault === 'dies' ? `${file}.none` : pairKey
const port = Number(wanted) || (await freePort())
// the lab's tools look below HOME, which is the sandbox's here
const env = { ...process.env, SECURE_ENDPOINT_LABS: dirname(process.env.SKYSERVE_LAB ?? '') }
const { status, stderr } = spawnSync(
  lb,
  ['start', '--key', key, '--cert', cert, '--port', String(port)],
  { encoding: 'utf8', env },
)
writeFileSync(
  `${file}.new`,
  JSON.stringify(status === 0 ? { port } : { port, died: stderr.trim().split('\n').at(-1) }),
)
renameSync(`${file}.new`, file)
const stop = () => {
  spawnSync(lb, ['stop', '--port', String(port)], { env })
  process.exit(0)
}
process.on('SIGTERM', stop)
if (status === 0) setInterval(() => {}, 60_000)

function freePort() {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: found } = probe.address()
      probe.close(() => resolve(found))
    })
  })
}
