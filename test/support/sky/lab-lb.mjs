// The lab's real SkyServe load balancer behind the double: started with its own tool, ended with this
// process. Publishes its port, or what it died of.
import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const [lb, file, pairKey, cert, _readyAt, wanted, fault] = process.argv.slice(2)
const key = fault === 'dies' ? `${file}.none` : pairKey
const port = Number(wanted) || (await freePort())
// the lab's tools look below HOME, which is the sandbox's here
const env = { ...process.env, SECURE_ENDPOINT_LABS: dirname(process.env.SKYSERVE_LAB ?? '') }
const start = ['start', '--key', key, '--cert', cert, '--port', String(port)]
let { status, stderr } = spawnSync(lb, start, { encoding: 'utf8', env })
// the one before it on this port has closed it, but is still ending
for (let tries = 0; /has a load balancer already/.test(stderr) && tries < 100; tries += 1) {
  await sleep(100)
  ;({ status, stderr } = spawnSync(lb, start, { encoding: 'utf8', env }))
}
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
// it ends with the sandbox as well
if (status === 0) setInterval(() => existsSync(dirname(file)) || stop(), 500)

function freePort() {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: found } = probe.address()
      probe.close(() => resolve(found))
    })
  })
}
