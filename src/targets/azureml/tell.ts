import { finding } from '../../findings.ts'
import type { Performing } from '../../plan/op.ts'
import type { Where } from './answers.ts'
import { removeCommand } from './commands.ts'
import { type Extension, hasStoredPair, lostSettings } from './extension.ts'
import { azuremlFindings } from './findings.ts'

/** On HTTP again, but with the key still at Azure. */
export function tellStays(now: Extension, where: Where, ctx: Performing): void {
  if (!hasStoredPair(now)) return
  ctx.finding(
    finding(azuremlFindings, 'azureml.pair-stays', {
      subject: now.name,
      evidence: 'scoringFe.sslCert and scoringFe.sslKey are among the protected settings',
      fix: `To remove it, delete the extension and create it again (endpoints are away for some 30 minutes): ${removeCommand(where)}`,
    }),
  )
}

/** Protected settings that were there before the change and are not any more. */
export function tellLost(before: string[], now: Extension, ctx: Performing): void {
  const lost = lostSettings({ protectedKeys: before }).filter(
    key => !now.protectedKeys.includes(key),
  )
  if (lost.length === 0) return
  ctx.finding(
    finding(azuremlFindings, 'azureml.protected-lost', {
      severity: 'warns',
      title: 'Azure has deleted protected settings of the extension.',
      subject: now.name,
      evidence: lost.join(', '),
      fix: 'Set them again: az k8s-extension update … --config-protected-settings-file FILE',
    }),
  )
}
