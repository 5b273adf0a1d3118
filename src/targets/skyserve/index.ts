import type { Target } from '../target.ts'
import { skyserveAbout } from './about.ts'
import { folderName, skyserveAnswers } from './answers.ts'
import { findApiServer } from './api.ts'
import { discover } from './discover.ts'
import { skyserveOps } from './ops.ts'
import type { SkyServePresent } from './present.ts'
import { profile } from './profile.ts'
import { createStage } from './stage.ts'
import { checkCloud, checkServer, checkSky } from './steps/checks.ts'
import { disableSteps } from './steps/disable.ts'
import { enableSteps } from './steps/enable.ts'

export const skyserve: Target<SkyServePresent> = {
  ...skyserveAbout,
  discover,
  identity(answers, present) {
    const own = skyserveAnswers(answers)
    return `skyserve ${own.server} ${folderName(present.service?.name ?? present.newName ?? own.service)}`
  },
  changes(answers, present) {
    const { service, server } = skyserveAnswers(answers)
    return `SkyServe service ${present.service?.name ?? present.newName ?? service}, server ${server}`
  },
  profile,
  enable: enableSteps,
  rotate: enableSteps,
  disable: disableSteps,
  world: ({ server, version, service, names }) => ({
    server,
    version: version ?? 'unknown',
    services: names.length,
    service: service
      ? {
          name: service.name,
          status: service.status,
          https: service.tls ?? false,
          replicas: service.replicas.total,
        }
      : null,
  }),
  async preflight(world) {
    const { url } = await findApiServer(world)
    return [checkServer(url), checkSky(url), checkCloud]
  },
  ops: skyserveOps,
  stage: createStage,
}
